import { hash } from 'node:crypto';

/**
 * How many items there are and what they are, whatever their order: each item's SHA-256, cut to 128 bits and added in
 * four lanes. Tells loss, repetition and change by accident; against forgery stand the tags of the encryption.
 */
export interface Sum {
  readonly count: number;
  readonly bytes: number;
  readonly hash: string;
}

export interface Summing {
  add(item: Uint8Array | string): void;
  result(): Sum;
}

export function createSum(): Summing {
  const lanes = new Uint32Array(4);
  let count = 0;
  let bytes = 0;
  return {
    add(item) {
      const digest = hash('sha256', item, 'buffer');
      for (let lane = 0; lane < 4; lane++) lanes[lane] = (lanes[lane] ?? 0) + digest.readUInt32LE(lane * 4);
      count++;
      bytes += item.length;
    },
    result: () => ({ count, bytes, hash: Buffer.from(lanes.buffer).toString('hex') }),
  };
}

/** The rows of PostgreSQL's COPY in text: a line each, whatever they hold. Pieces may be cut anywhere. */
export function createRowSum(): { feed(piece: Uint8Array): void; result(): Sum } {
  const sum = createSum();
  let rest: Buffer[] = [];
  return {
    feed(piece) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      let from = 0;
      for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
        const line = bytes.subarray(from, at + 1);
        sum.add(rest.length === 0 ? line : Buffer.concat([...rest, line]));
        rest = [];
        from = at + 1;
      }
      // A copy: what is handed on may be used again by whoever made it.
      if (from < bytes.length) rest.push(Buffer.from(bytes.subarray(from)));
    },
    result() {
      if (rest.length > 0) sum.add(Buffer.concat(rest));
      rest = [];
      return sum.result();
    },
  };
}
