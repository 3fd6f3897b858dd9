import type { Caller } from '@steading/kit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ForestHouse, startForestHouse } from './forest-house.ts';

let forest: ForestHouse;
let owner: ReturnType<ForestHouse['person']>;
let admin: typeof owner;
let member: typeof owner;
let stranger: typeof owner;
let operator: typeof owner;
let node: string;
let count = 0;

beforeAll(async () => {
  forest = await startForestHouse();
  operator = forest.person('Olive');
  await grant('platform', operator, 'owner');
});
afterAll(() => forest.close());
beforeEach(async () => {
  [owner, admin, member, stranger] = ['Ada', 'Ben', 'Cleo', 'Dan'].map((name) => forest.person(name)) as [
    typeof owner,
    typeof owner,
    typeof owner,
    typeof owner,
  ];
  node = `gdn_${++count}`;
  await forest.plant(node);
  await grant(node, owner, 'owner');
  await grant(node, admin, 'admin');
  await grant(node, member, 'developer');
  await forest.rows('truncate bus.ledger');
});

const grant = (at: string, { principal }: Caller, role: 'owner' | 'admin' | 'developer') =>
  forest.access.write(forest.itself(), [{ op: 'grant', node: at, principal, role }]);
const change = (caller: Caller, call: string): ReturnType<ForestHouse['ask']> =>
  forest.ask(caller, `mutation { ${call} { id } }`);
const on = (person?: { userId: string }) =>
  person ? `nodeId: "${node}", personId: "${person.userId}"` : `nodeId: "${node}"`;
const emitted = () =>
  forest.rows<{ type: string; data: { action?: string; node?: string; after?: object } }>(
    'select type, data from bus.ledger order by position',
  );

test.each<[what: string, who: () => Caller, call: () => string, code: string | undefined]>([
  ['an owner makes somebody owner', () => owner, () => `grantAccess(${on(stranger)}, role: "owner")`, undefined],
  ['an admin makes somebody admin', () => admin, () => `grantAccess(${on(stranger)}, role: "admin")`, undefined],
  [
    'an admin makes nobody owner',
    () => admin,
    () => `grantAccess(${on(stranger)}, role: "owner")`,
    'forest.more-than-own',
  ],
  [
    'an admin takes owner from nobody',
    () => admin,
    () => `revokeAccess(${on(owner)}, role: "owner")`,
    'forest.more-than-own',
  ],
  ['a developer grants nothing', () => member, () => `grantAccess(${on(stranger)}, role: "viewer")`, 'forbidden'],
  ['a stranger learns of nothing', () => stranger, () => `grantAccess(${on(stranger)}, role: "viewer")`, 'not-found'],
  [
    'a role that is none is refused',
    () => owner,
    () => `grantAccess(${on(stranger)}, role: "king")`,
    'forest.unknown-role',
  ],
  [
    'somebody unknown gets nothing',
    () => owner,
    () => `grantAccess(nodeId: "${node}", personId: "usr_x", role: "viewer")`,
    'forest.unknown-person',
  ],
  [
    'an end lies in the future',
    () => owner,
    () => `grantAccess(${on(stranger)}, role: "viewer", until: "2001-01-01T00:00:00Z")`,
    'forest.past',
  ],
  [
    'a block needs a reason',
    () => owner,
    () => `blockAccess(${on(member)}, privileges: ["garden.dig"], reason: " ")`,
    'forest.reason',
  ],
  [
    'a block needs a privilege that there is',
    () => owner,
    () => `blockAccess(${on(member)}, privileges: ["garden.fly"], reason: "x")`,
    'forest.unknown-privilege',
  ],
  ['nobody lifts their own block', () => admin, () => `unblockAccess(${on(admin)})`, 'forest.own-block'],
  ['a node is open or sealed', () => owner, () => `setInherit(${on()}, inherit: "ajar")`, 'forest.inherit'],
  [
    'an owner of a garden breaks no glass',
    () => owner,
    () => `breakGlass(${on()}, minutes: 5, reason: "x")`,
    'forbidden',
  ],
  [
    'glass breaks for an hour at most',
    () => operator,
    () => `breakGlass(${on()}, minutes: 61, reason: "x")`,
    'forest.glass-minutes',
  ],
  ['glass breaks for a reason', () => operator, () => `breakGlass(${on()}, minutes: 5, reason: "")`, 'forest.reason'],
  [
    'glass of nothing does not break',
    () => operator,
    () => 'breakGlass(nodeId: "gdn_0", minutes: 5, reason: "x")',
    'not-found',
  ],
])('%s', async (_, who, call, code) => {
  expect((await change(who(), call())).code).toBe(code);
  const events = await emitted();
  // What is refused is told nobody; what is done is told once, and in the audit trail once.
  expect(events.map((event) => event.type).sort()).toEqual(code ? [] : ['audit.recorded', 'forest.changed'].sort());
});

test('the last who may grant for good stays, whatever is tried', async () => {
  await change(owner, `revokeAccess(${on(admin)}, role: "admin")`);
  await change(owner, `grantAccess(${on(stranger)}, role: "owner", until: "2999-01-01T00:00:00Z")`);
  for (const call of [
    `revokeAccess(${on(owner)}, role: "owner")`,
    `grantAccess(${on(owner)}, role: "owner", until: "2999-01-01T00:00:00Z")`,
    `blockAccess(${on(owner)}, privileges: ["*"], reason: "x")`,
    `blockAccess(${on(owner)}, privileges: ["garden.grant"], reason: "x")`,
  ])
    expect((await change(owner, call)).code).toBe('forest.last-owner');
  expect((await change(owner, `blockAccess(${on(owner)}, privileges: ["garden.dig"], reason: "x")`)).code).toBe(
    undefined,
  );
});

test('a block takes away with its reason, and explaining tells it', async () => {
  await change(owner, `blockAccess(${on(member)}, privileges: ["garden.dig"], reason: "dug up the roses")`);
  expect(forest.access.can(member, 'garden.dig', node)).toBe(false);
  expect(forest.access.can(member, 'garden.read', node)).toBe(true);
  const { data } = await forest.ask(
    member,
    `{ explainAccess(nodeId: "${node}", privilege: "garden.dig") { allowed text } }`,
  );
  expect(data?.explainAccess).toEqual({ allowed: false, text: `Blocked on The ${node}: dug up the roses` });
  const other = `{ explainAccess(nodeId: "${node}", privilege: "garden.dig", personId: "${owner.userId}") { text } }`;
  expect((await forest.ask(member, other)).code).toBe('forbidden');
  expect((await forest.ask(admin, other)).data?.explainAccess).toEqual({
    text: `May dig in the garden, being owner of The ${node}.`,
  });
  await change(owner, `unblockAccess(${on(member)})`);
  expect(forest.access.can(member, 'garden.dig', node)).toBe(true);
});

test('whoever seals a node stays inside with the role they had, and those from above go', async () => {
  const parent = node;
  node = `${parent}_below`;
  await forest.plant(node, 'garden', parent);
  expect((await change(admin, `setInherit(${on()}, inherit: "sealed")`)).code).toBe(undefined);
  expect([owner, admin, member].map((each) => forest.access.can(each, 'garden.read', node))).toEqual([
    false,
    true,
    false,
  ]);
  expect(forest.access.can(admin, 'garden.remove', node)).toBe(false);
  expect((await change(admin, `setInherit(${on()}, inherit: "open")`)).code).toBe(undefined);
  expect(forest.access.can(owner, 'garden.remove', node)).toBe(true);
});

test('broken glass is audited on the node, shown to its owners, and ends when it is mended', async () => {
  const holders = `{ accessNode(id: "${node}") { holders { label role direct until } } }`;
  expect((await forest.ask(operator, holders)).code).toBe('not-found');
  const broken = await forest.ask(
    operator,
    `mutation { breakGlass(${on()}, minutes: 5, reason: "the pump is stuck") { id mayGrant } }`,
  );
  expect(broken.data?.breakGlass).toEqual({ id: node, mayGrant: true });
  const seen = (await forest.ask(owner, holders)).data?.accessNode as {
    holders: { label: string; role: string; until: string }[];
  };
  const entry = seen.holders.find((holder) => holder.role === 'break-glass');
  expect(entry).toMatchObject({ label: 'Olive', direct: false, until: expect.anything() });
  const audited = (await emitted()).filter((event) => event.data.action !== undefined);
  expect(audited.map(({ data }) => [data.action, data.node])).toEqual([['forest.glass-broken', node]]);
  expect(audited[0]?.data.after).toMatchObject({ reason: 'the pump is stuck', minutes: 5 });
  await change(operator, `mendGlass(${on()})`);
  expect(forest.access.can(operator, 'garden.read', node)).toBe(false);
  expect((await forest.ask(operator, holders)).code).toBe('not-found');
});
