import { defineKind, type ForestOp, type Role, roles } from '@steading/forest';

const everybody = [...roles];
const none = Object.fromEntries(roles.map((role) => [role, null])) as Record<Role, null>;

export const kinds = [
  defineKind({
    kind: 'platform',
    service: 'forest',
    readAbout: 'platform.read-about',
    privileges: {
      'platform.read-about': { text: 'see the house', roles: everybody },
      'platform.break-glass': { text: 'break the glass', roles: ['owner'] },
    },
  }),
  defineKind({
    kind: 'space',
    service: 'spaces',
    readAbout: 'space.read-about',
    privileges: {
      'space.read-about': { text: 'know of the space', roles: everybody },
      'space.update': { text: 'change the space', roles: ['owner', 'admin', 'lead'] },
    },
    from: { platform: none },
  }),
  defineKind({
    kind: 'app',
    service: 'deploy',
    readAbout: 'app.read-about',
    privileges: {
      'app.read-about': { text: 'know of the app', roles: everybody },
      'app.deploy': { text: 'deploy the app', roles: ['owner', 'admin', 'lead', 'developer'] },
    },
    from: { space: { lead: 'developer', member: 'viewer', guest: 'viewer' } },
  }),
];

export interface Size {
  readonly nodes: number;
  readonly grants: number;
  readonly people: number;
  readonly groups: number;
}

/** mulberry32. */
export function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * limit);
  };
}

const id = (prefix: string, number: number) => `${prefix}_01k${number.toString(32).padStart(23, '0')}`;
export const person = (number: number) => `user:${id('usr', number)}`;
const group = (number: number) => `group:${id('grp', number)}`;

/** Eight levels: the platform, six of spaces (tens of each), apps. */
export function layOut(nodes: number): { ids: string[]; parents: Int32Array; firstApp: number } {
  const ids: string[] = ['platform'];
  const parents = new Int32Array(nodes).fill(-1);
  let [start, size, next] = [0, 1, 1];
  for (let level = 2; level <= 8; level++) {
    const left = nodes - next;
    const wanted = level === 8 ? left : level === 7 ? Math.floor(left / 5) : Math.min(size * 10, Math.floor(left / 4));
    if (level === 8) return fill(wanted);
    for (let number = 0; number < wanted; number++) place(number, wanted);
    [start, size, next] = [next, wanted, next + wanted];
  }
  throw new Error('the loop ends at level 8');

  function place(number: number, wanted: number): void {
    parents[next + number] = start + Math.floor((number * size) / wanted);
    ids.push(id('spc', next + number));
  }
  function fill(wanted: number): { ids: string[]; parents: Int32Array; firstApp: number } {
    for (let number = 0; number < wanted; number++) {
      parents[next + number] = start + Math.floor((number * size) / wanted);
      ids.push(id('app', next + number));
    }
    return { ids, parents, firstApp: next };
  }
}

/** The whole forest as operations in lists of 2 000, as a snapshot comes in; a fifth of the grants go to groups. */
export function* forestOps(size: Size, layout: ReturnType<typeof layOut>): Generator<ForestOp[]> {
  const below = randomFrom(7);
  const { ids, parents, firstApp } = layout;
  const people = Array.from({ length: size.people }, (_, number) => person(number));
  const groups = Array.from({ length: size.groups }, (_, number) => group(number));
  let list: ForestOp[] = [];
  const made = function* (op: ForestOp): Generator<ForestOp[]> {
    list.push(op);
    if (list.length < 2_000) return;
    yield list;
    list = [];
  };
  for (let node = 0; node < size.nodes; node++) {
    const kind = node === 0 ? 'platform' : node < firstApp ? 'space' : 'app';
    const parent = node === 0 ? null : ids[parents[node]!]!;
    const name = `The ${kind} number ${node}`;
    yield* made({ op: 'plant', node: { id: ids[node]!, kind, parent, owner: null, inherit: 'open', name } });
  }
  for (let number = 0; number < size.groups; number++)
    yield* made({ op: 'group', group: groups[number]!, name: `Group ${number}`, node: null });
  for (let number = 0; number < size.people; number++)
    for (let times = 0; times < 5 && size.groups > 0; times++)
      yield* made({ op: 'join', group: groups[below(size.groups)]!, principal: people[number]! });
  for (let number = 0; number < size.grants; number++) {
    const principal = size.groups > 0 && below(5) === 0 ? groups[below(size.groups)]! : people[below(size.people)]!;
    yield* made({ op: 'grant', node: ids[1 + below(size.nodes - 1)]!, principal, role: roles[below(roles.length)]! });
  }
  yield list;
}
