import { callerFor, createTestClock } from '@steading/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ForestDeps } from '#src/deps.ts';
import { checkpoint, removeOrphans } from '#src/jobs/forest-jobs.ts';
import { createStore } from '#src/store.ts';
import { type ForestHouse, startForestHouse } from './forest-house.ts';

let forest: ForestHouse;
const never = new AbortController().signal;

beforeEach(async () => {
  forest = await startForestHouse();
});
afterEach(() => forest.close());

/** What the service has, and a second store as another process would have one. */
function second() {
  const context = forest.house.context('forest');
  const deps = { ...context } as unknown as ForestDeps;
  const kinds = context.catalogue.flatMap((service) => service.kinds ?? []);
  return { deps, store: createStore({ ...deps, kinds }) };
}

const revisions = async () =>
  (await forest.rows<{ revision: string }>('select revision from forest.log order by revision')).map((row) =>
    Number(row.revision),
  );

test('two processes that write at once leave no gap and no revision twice', async () => {
  await forest.plant('gdn_a');
  const { store } = second();
  const person = callerFor();
  await Promise.all(
    Array.from({ length: 20 }, (_, number) => {
      const ops = [{ op: 'grant', node: 'gdn_a', principal: `user:usr_${number}`, role: 'viewer' }] as const;
      return number % 2 ? store.write(person, ops) : forest.access.write(forest.itself(), ops);
    }),
  );
  expect(await revisions()).toEqual(Array.from({ length: 22 }, (_, at) => at + 1));
  await forest.access.waitFor(22);
  expect(forest.access.whoCan('garden.read', 'gdn_a')).toHaveLength(20);
});

test('a list that is refused changes nothing, in the log or in the engine', async () => {
  await forest.plant('gdn_a');
  const refused = forest.access.write(forest.itself(), [
    { op: 'grant', node: 'gdn_a', principal: 'user:usr_x', role: 'owner' },
    { op: 'grant', node: 'gdn_missing', principal: 'user:usr_x', role: 'owner' },
  ]);
  await expect(refused).rejects.toMatchObject({ code: 'forest.refused' });
  await forest.plant('gdn_b');
  expect(await revisions()).toEqual([1, 2, 3]);
  const { store } = second();
  const { operations } = await store.snapshot();
  expect(JSON.stringify(operations, (_, value) => (typeof value === 'bigint' ? 0 : value))).not.toContain('usr_x');
  const own = await forest.rows<{ n: number }>('select count(*)::int as n from forest.planted');
  expect(own[0]?.n).toBe(2);
});

test('a commit that fails leaves the engine and the database equal', async () => {
  await forest.plant('gdn_a');
  await forest.rows(`create function forest.no() returns trigger language plpgsql as $$ begin raise 'no'; end $$`);
  await forest.rows(
    'create constraint trigger no after insert on forest.log deferrable initially deferred for each row execute function forest.no()',
  );
  await expect(forest.plant('gdn_lost')).rejects.toThrow();
  await forest.rows('drop trigger no on forest.log');
  // The same id as another kind: an engine that kept the lost one would refuse it.
  await forest.plant('gdn_lost', 'shed');
  expect(forest.access.node('gdn_lost')?.kind).toBe('shed');
  expect(await revisions()).toEqual([1, 2, 3]);
});

test('a start reads the checkpoint and the log behind it, and the log before it goes', async () => {
  await forest.plant('gdn_a');
  const { deps, store } = second();
  const blocks = Array.from({ length: 2_001 }, (_, number) => number);
  for (let at = 0; at < blocks.length; at += 500)
    await forest.rows(
      `insert into forest.log (revision, actor, request_id, operations)
       select n, 'service:test', 'req_t', '[{"rename": {"node": "gdn_a", "name": "later"}}]'
       from generate_series(${3 + at}, ${Math.min(3 + at + 499, 2_003)}) n`,
    );
  await forest.rows('update forest.head set revision = 2003');
  await checkpoint(deps, store);
  const made = await forest.rows<{ revision: string }>('select distinct revision from forest.checkpoint');
  expect(made.map((row) => Number(row.revision))).toEqual([2_003]);
  await forest.plant('gdn_b');
  await forest.rows('delete from forest.log where revision <= 2003');
  const { revision, operations } = await second().store.snapshot();
  expect(revision).toBe(2_004);
  const planted = operations.flatMap(({ op }) => (op.case === 'plant' ? [`${op.value.id} ${op.value.name}`] : []));
  expect(planted.sort()).toEqual(['gdn_a later', 'gdn_b The gdn_b', 'platform This house']);
});

test('a log that lacks a revision is said to, and not taken for the end', async () => {
  await forest.plant('gdn_a');
  await forest.plant('gdn_b');
  await forest.rows('delete from forest.log where revision = 2');
  await expect(second().store.snapshot()).rejects.toThrow(/revision 2/);
});

test('orphans go when their service denies them, and stay when it cannot be asked', async () => {
  const clock = createTestClock(Date.now() + 2 * 3_600_000);
  await forest.plant('gdn_known');
  await forest.plant('gdn_orphan');
  await forest.plant('shd_unasked', 'shed');
  forest.known.add('gdn_known');
  const { deps, store } = second();
  await removeOrphans({ ...deps, clock: createTestClock(Date.now()) }, store, never);
  await removeOrphans({ ...deps, clock }, store, never);
  await forest.access.waitFor(5);
  expect(['gdn_known', 'gdn_orphan', 'shd_unasked', 'platform'].map((id) => !!forest.access.node(id))).toEqual([
    true,
    false,
    true,
    true,
  ]);
  const left = await forest.rows<{ node: string }>('select node from forest.planted order by node');
  expect(left.map((row) => row.node)).toEqual(['gdn_known', 'shd_unasked']);
});

test('what is planted and removed, or moved below what goes, in one list is not remembered', async () => {
  await forest.plant('gdn_a');
  await forest.plant('gdn_b');
  await forest.access.write(forest.itself(), [
    { op: 'plant', node: { id: 'gdn_c', kind: 'garden', parent: 'gdn_a', owner: null, inherit: 'open', name: 'c' } },
    { op: 'move', node: 'gdn_b', parent: 'gdn_c' },
    { op: 'remove', node: 'gdn_c' },
  ]);
  const left = await forest.rows<{ node: string }>('select node from forest.planted');
  expect(left.map((row) => row.node)).toEqual(['gdn_a']);
});

test.each([
  [
    'a kind that no service has',
    { op: 'plant', node: { id: 'x', kind: 'moat', parent: 'platform', owner: null, inherit: 'open', name: 'x' } },
    'forest.unknown-kind',
  ],
  [
    'a block of a privilege that no kind has',
    { op: 'block', node: 'platform', principal: 'user:x', privileges: ['garden.fly'], reason: 'r' },
    'forest.unknown-privilege',
  ],
  [
    'a block of every privilege of no kind',
    { op: 'block', node: 'platform', principal: 'user:x', privileges: ['moat.*'], reason: 'r' },
    'forest.unknown-privilege',
  ],
  [
    'a block of nothing',
    { op: 'block', node: 'platform', principal: 'user:x', privileges: [], reason: 'r' },
    'forest.unknown-privilege',
  ],
  [
    'glass that stays broken',
    { op: 'break-glass', node: 'platform', principal: 'user:x', until: Date.now() + 2 * 3_600_000 },
    'forest.glass-minutes',
  ],
  [
    'a role that is none',
    { op: 'grant', node: 'platform', principal: 'user:x', role: 'king' as 'owner' },
    'forest.refused',
  ],
] as const)('a write of %s is refused', async (_, op, code) => {
  await expect(forest.access.write(forest.itself(), [op])).rejects.toMatchObject({ code });
  expect(await revisions()).toEqual([1]);
});

test('a block may name every privilege of a kind, or all there are', async () => {
  for (const privileges of [['garden.*'], ['*'], ['garden.dig', 'shed.read-about']])
    await forest.access.write(forest.itself(), [
      { op: 'block', node: 'platform', principal: 'user:usr_x', privileges, reason: 'r' },
    ]);
  expect(forest.access.blocksOn('platform')[0]?.privileges).toEqual(['garden.dig', 'shed.read-about']);
});
