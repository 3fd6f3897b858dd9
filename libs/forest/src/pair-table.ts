/**
 * Rows that tie an `a` to a `b` (node and principal, group and member) in typed arrays: 40 bytes a row, found by
 * (a, b, slot) in one hash step, listed from either side, added and removed in constant time. Rows are numbers that
 * stay the same while the row lives and are used again after it.
 */
const stride = 8;
const A = 0;
const B = 1;
const data = 2;
const nextA = 3;
const previousA = 4;
const nextB = 5;
const previousB = 6;
const nextHash = 7;

/** The low bits of `data` belong to the row's identity: one (a, b) may have several rows of different slots. */
export const slotMask = 15;

export class PairTable {
  /** Changes with every change; for caches. */
  version = 0;
  size = 0;
  private used = 0;
  private free = -1;
  private rows = new Int32Array(64 * stride);
  private untils = new Float64Array(64);
  private buckets = new Int32Array(64).fill(-1);
  private headsA = new Int32Array(64).fill(-1);
  private headsB = new Int32Array(64).fill(-1);

  /** The row of (a, b, slot), or -1. */
  find(a: number, b: number, slot: number): number {
    const rows = this.rows;
    let row = this.buckets[hash(a, b) & (this.buckets.length - 1)]!;
    while (row !== -1) {
      const at = row * stride;
      if (rows[at + A] === a && rows[at + B] === b && (rows[at + data]! & slotMask) === slot) return row;
      row = rows[at + nextHash]!;
    }
    return -1;
  }

  /** The first row of (a, b), whatever its slot; `nextOfPair` gives the others. */
  firstOfPair(a: number, b: number): number {
    return this.pairFrom(this.buckets[hash(a, b) & (this.buckets.length - 1)]!, a, b);
  }

  nextOfPair(row: number): number {
    const at = row * stride;
    return this.pairFrom(this.rows[at + nextHash]!, this.rows[at + A]!, this.rows[at + B]!);
  }

  a(row: number): number {
    return this.rows[row * stride + A]!;
  }

  b(row: number): number {
    return this.rows[row * stride + B]!;
  }

  data(row: number): number {
    return this.rows[row * stride + data]!;
  }

  /** Milliseconds since 1970; Infinity: for good. */
  until(row: number): number {
    return this.untils[row]!;
  }

  firstOfA(a: number): number {
    return a < this.headsA.length ? this.headsA[a]! : -1;
  }

  nextOfA(row: number): number {
    return this.rows[row * stride + nextA]!;
  }

  firstOfB(b: number): number {
    return b < this.headsB.length ? this.headsB[b]! : -1;
  }

  nextOfB(row: number): number {
    return this.rows[row * stride + nextB]!;
  }

  /** Adds a row. The caller has made sure that there is none of this (a, b, slot). */
  add(a: number, b: number, rowData: number, until: number): number {
    const row = this.claimRow();
    this.reach(a, b);
    const rows = this.rows;
    const at = row * stride;
    rows[at + A] = a;
    rows[at + B] = b;
    rows[at + data] = rowData;
    this.untils[row] = until;
    const firstA = this.headsA[a]!;
    rows[at + nextA] = firstA;
    rows[at + previousA] = -1;
    if (firstA !== -1) rows[firstA * stride + previousA] = row;
    this.headsA[a] = row;
    const firstB = this.headsB[b]!;
    rows[at + nextB] = firstB;
    rows[at + previousB] = -1;
    if (firstB !== -1) rows[firstB * stride + previousB] = row;
    this.headsB[b] = row;
    const bucket = hash(a, b) & (this.buckets.length - 1);
    rows[at + nextHash] = this.buckets[bucket]!;
    this.buckets[bucket] = row;
    this.size++;
    this.version++;
    return row;
  }

  change(row: number, rowData: number, until: number): void {
    this.rows[row * stride + data] = rowData;
    this.untils[row] = until;
    this.version++;
  }

  remove(row: number): void {
    const rows = this.rows;
    const at = row * stride;
    const a = rows[at + A]!;
    const b = rows[at + B]!;
    this.unlink(row, a, b);
    const bucket = hash(a, b) & (this.buckets.length - 1);
    if (this.buckets[bucket] === row) this.buckets[bucket] = rows[at + nextHash]!;
    else {
      let before = this.buckets[bucket]!;
      while (rows[before * stride + nextHash] !== row) before = rows[before * stride + nextHash]!;
      rows[before * stride + nextHash] = rows[at + nextHash]!;
    }
    rows[at + A] = -1;
    rows[at + nextHash] = this.free;
    this.free = row;
    this.size--;
    this.version++;
  }

  /** Calls back with every row. Nothing may be added or removed meanwhile. */
  *all(): Generator<number> {
    for (let row = 0; row < this.used; row++) if (this.rows[row * stride + A] !== -1) yield row;
  }

  private pairFrom(start: number, a: number, b: number): number {
    const rows = this.rows;
    let row = start;
    while (row !== -1 && (rows[row * stride + A] !== a || rows[row * stride + B] !== b))
      row = rows[row * stride + nextHash]!;
    return row;
  }

  private unlink(row: number, a: number, b: number): void {
    const rows = this.rows;
    const at = row * stride;
    const [afterA, beforeA] = [rows[at + nextA]!, rows[at + previousA]!];
    if (beforeA === -1) this.headsA[a] = afterA;
    else rows[beforeA * stride + nextA] = afterA;
    if (afterA !== -1) rows[afterA * stride + previousA] = beforeA;
    const [afterB, beforeB] = [rows[at + nextB]!, rows[at + previousB]!];
    if (beforeB === -1) this.headsB[b] = afterB;
    else rows[beforeB * stride + nextB] = afterB;
    if (afterB !== -1) rows[afterB * stride + previousB] = beforeB;
  }

  private claimRow(): number {
    if (this.free !== -1) {
      const row = this.free;
      this.free = this.rows[row * stride + nextHash]!;
      return row;
    }
    if (this.used === this.untils.length) this.grow();
    return this.used++;
  }

  private grow(): void {
    const capacity = this.untils.length * 2;
    this.rows = copied(this.rows, capacity * stride);
    const untils = new Float64Array(capacity);
    untils.set(this.untils);
    this.untils = untils;
    this.buckets = new Int32Array(capacity).fill(-1);
    for (let row = 0; row < this.used; row++) {
      const at = row * stride;
      if (this.rows[at + A] === -1) continue;
      const bucket = hash(this.rows[at + A]!, this.rows[at + B]!) & (capacity - 1);
      this.rows[at + nextHash] = this.buckets[bucket]!;
      this.buckets[bucket] = row;
    }
  }

  /** Makes room for this a and this b. */
  private reach(a: number, b: number): void {
    if (a >= this.headsA.length) this.headsA = copied(this.headsA, powerAbove(a));
    if (b >= this.headsB.length) this.headsB = copied(this.headsB, powerAbove(b));
  }
}

function copied(from: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length);
  to.set(from);
  to.fill(-1, from.length);
  return to;
}

function powerAbove(value: number): number {
  return 2 ** Math.ceil(Math.log2(value + 1));
}

function hash(a: number, b: number): number {
  let mixed = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
}
