import { PairTable } from '#src/pair-table.ts';

export const anyone = 'anyone';
export const signedIn = 'signed-in';

/** Groups stand in groups at most this deep. */
export const maxGroupDepth = 8;

const shape = /^(?:user|service-account|edge|group):[A-Za-z0-9][A-Za-z0-9_.-]{0,119}$/;
const person = /^(?:user|service-account|edge):./;
const remembered = 131_072;

/** What somebody is, for one check: themselves, every group they are in, and the wildcards that fit them. */
export interface Standing {
  readonly self: number;
  readonly ids: readonly number[];
  /** True from `since` until `until`, as long as neither memberships nor (for strangers) principals change. */
  readonly since: number;
  readonly until: number;
  readonly version: number;
}

/** Principals in numbers, and who is in which group. */
export class Principals {
  /** a: the group, b: the member. */
  readonly members = new PairTable();
  readonly names: string[] = [];
  private readonly index = new Map<string, number>();
  private readonly groups = new Map<number, string>();
  private readonly standings = new Map<string, Standing>();
  private marks = new Uint32Array(64);
  private stamp = 0;
  private marked: Standing | undefined;

  constructor() {
    this.intern(anyone);
    this.intern(signedIn);
  }

  find(principal: string): number {
    return this.index.get(principal) ?? -1;
  }

  /** The number of a principal, whether or not it was seen before. */
  intern(principal: string): number {
    const known = this.index.get(principal);
    if (known !== undefined) return known;
    const number = this.names.length;
    this.index.set(principal, number);
    this.names.push(principal);
    return number;
  }

  name(principal: number): string {
    return this.names[principal]!;
  }

  groupName(group: number): string | undefined {
    return this.groups.get(group);
  }

  nameGroup(group: number, name: string | undefined): void {
    if (name === undefined) this.groups.delete(group);
    else this.groups.set(group, name);
  }

  allGroups(): IterableIterator<number> {
    return this.groups.keys();
  }

  /** What a principal stands for at a time; remembered until something about it changes. */
  standing(principal: string, now: number): Standing {
    const known = this.standings.get(principal);
    if (known && now >= known.since && now < known.until && known.version === this.versionFor(known.self)) return known;
    const made = this.stand(principal, now);
    if (this.standings.size >= remembered) this.standings.clear();
    this.standings.set(principal, made);
    return made;
  }

  /** Makes `holds` answer for this standing. */
  mark(standing: Standing): void {
    if (this.marked === standing) return;
    if (this.marks.length < this.names.length) this.marks = new Uint32Array(this.names.length * 2);
    if (++this.stamp === 0xffffffff) {
      this.marks.fill(0);
      this.stamp = 1;
    }
    for (const id of standing.ids) this.marks[id] = this.stamp;
    this.marked = standing;
  }

  markedStanding(): Standing {
    return this.marked!;
  }

  /** Whether the marked standing includes this principal. */
  holds(principal: number): boolean {
    return this.marks[principal] === this.stamp;
  }

  /** Whether `group` is `within` or is, at any depth, a member of it. Memberships that ran out count as well. */
  isWithin(group: number, within: number): boolean {
    const seen = new Set([group]);
    for (const at of seen) {
      if (at === within) return true;
      for (let row = this.members.firstOfB(at); row !== -1; row = this.members.nextOfB(row))
        seen.add(this.members.a(row));
    }
    return false;
  }

  /** How many groups stand in one another when `member` joins `group`. */
  chain(group: number, member: number): number {
    return this.levels(group, true, new Map()) + this.levels(member, false, new Map());
  }

  private levels(group: number, up: boolean, known: Map<number, number>): number {
    const found = known.get(group);
    if (found !== undefined) return found;
    let most = 0;
    const { members } = this;
    for (
      let row = up ? members.firstOfB(group) : members.firstOfA(group);
      row !== -1;
      row = up ? members.nextOfB(row) : members.nextOfA(row)
    ) {
      const other = up ? members.a(row) : members.b(row);
      if (this.groups.has(other)) most = Math.max(most, this.levels(other, up, known));
    }
    known.set(group, most + 1);
    return most + 1;
  }

  private versionFor(self: number): number {
    return self === -1 ? -1 - this.names.length : this.members.version;
  }

  private stand(principal: string, now: number): Standing {
    const self = this.find(principal);
    const found = new Set<number>(self === -1 ? [] : [self]);
    let until = Number.POSITIVE_INFINITY;
    for (const at of found) {
      for (let row = this.members.firstOfB(at); row !== -1; row = this.members.nextOfB(row)) {
        const end = this.members.until(row);
        if (end <= now) continue;
        found.add(this.members.a(row));
        until = Math.min(until, end);
      }
    }
    if (person.test(principal) || principal === signedIn) found.add(1);
    if (found.has(1) || principal === anyone) found.add(0);
    return { self, ids: [...found], since: now, until, version: this.versionFor(self) };
  }
}

/** Whether a text can be granted something: a principal, a group or a wildcard. */
export function isPrincipal(text: string): boolean {
  return text === anyone || text === signedIn || shape.test(text);
}
