import { createDatabase, createPool, type Database, migrate, type Pool } from '@steading/db';
import { createLog, systemClock } from '@steading/kit';
import { createTestDatabase, type TestDatabase, waitFor } from '@steading/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { addressBucket, createLimits, type Limit, type LimitRule, limitsMigrations } from '#src/index.ts';

const log = createLog({ level: 'silent' });
let database: TestDatabase;
let pool: Pool;
let db: Database;
let count = 0;
const running: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 8, log });
  db = createDatabase(pool, { log });
  await migrate(pool, { ...limitsMigrations, log });
});
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

/** One rule in several processes of a house. */
function processes(many: number, rule: Partial<LimitRule> = {}): Limit[] {
  const name = `test.${++count}`;
  return Array.from({ length: many }, () => {
    const limits = createLimits({ db, clock: systemClock, log, shared: true });
    running.push(limits);
    return limits.limit({ name, points: 5, seconds: 60, ...rule });
  });
}
async function takeTimes(limit: Limit, who: string, times: number): Promise<boolean[]> {
  const taken: boolean[] = [];
  for (let time = 0; time < times; time++) taken.push((await limit.take(who)).allowed);
  return taken;
}

test('in one process the limit holds, and the database is not asked', async () => {
  const never = new Proxy({}, { get: () => () => expect.unreachable('the database was asked') }) as Database;
  const limits = createLimits({ db: never, clock: systemClock, log, shared: false });
  const limit = limits.limit({ name: 'test.alone', points: 2, seconds: 60 });
  expect(await takeTimes(limit, 'ada', 3)).toEqual([true, true, false]);
  expect(await takeTimes(limit, 'ben', 1)).toEqual([true]);
  expect(await limit.take('ada')).toMatchObject({ limit: 2, remaining: 0 });
  await limits.stop();
});

test('what one process counted is soon known to the others that are asked', async () => {
  const [here, there] = processes(2);
  expect(await takeTimes(here!, 'ada', 5)).toEqual([true, true, true, true, true]);
  await waitFor('the other to refuse', async () => !(await there!.take('ada')).allowed);
  expect((await there!.take('ben')).allowed).toBe(true);
  const { resetSeconds } = await there!.take('ada');
  expect(resetSeconds).toBeGreaterThan(0);
  expect(resetSeconds).toBeLessThanOrEqual(60);
});

test('an exact limit is exact however many ask at once', async () => {
  const limits = processes(4, { points: 7, exact: true });
  const taken = await Promise.all(Array.from({ length: 60 }, (_, at) => limits[at % 4]!.take('ada')));
  expect(taken.filter(({ allowed }) => allowed)).toHaveLength(7);
});

test('a window ends for all', async () => {
  const [here, there] = processes(2, { points: 1, seconds: 1, exact: true });
  expect(await takeTimes(here!, 'ada', 2)).toEqual([true, false]);
  expect(await takeTimes(there!, 'ada', 1)).toEqual([false]);
  await waitFor('the next window', async () => (await there!.take('ada')).allowed);
});

test('without the database each counts alone, and tells the others when it is back', async () => {
  const [here, there] = processes(2);
  const [exact] = processes(1, { exact: true, points: 1 });
  await pool.query('alter table limits.counts rename to gone');
  try {
    expect(await takeTimes(here!, 'ada', 6)).toEqual([true, true, true, true, true, false]);
    expect(await takeTimes(there!, 'ada', 1)).toEqual([true]);
    expect(await takeTimes(exact!, 'ada', 2)).toEqual([true, false]);
  } finally {
    await pool.query('alter table limits.gone rename to counts');
  }
  await waitFor('the other to refuse', async () => !(await there!.take('ada')).allowed, { everyMs: 300 });
});

test('what was counted last is told before a process ends', async () => {
  const [here, there] = processes(2, { points: 2 });
  await takeTimes(here!, 'ada', 2);
  await running.shift()!.stop();
  await there!.take('ada');
  await waitFor('the other to refuse', async () => !(await there!.take('ada')).allowed);
});

test('an address stands for a household', () => {
  expect(addressBucket('::ffff:192.0.2.7')).toBe('192.0.2.7');
  expect(addressBucket('192.0.2.7')).toBe('192.0.2.7');
  for (const none of ['192.0.2', '192.0.2.256', '192.0.2.7.8', '192.0.2.7\n', '.1.2.3.4'])
    expect(addressBucket(none)).not.toBe(none);
  expect(addressBucket('2001:db8:1:2:3::1')).toBe(addressBucket('2001:db8:1:2:ffff::2'));
  expect(addressBucket('2001:db8:1:3::1')).not.toBe(addressBucket('2001:db8:1:2::1'));
  expect([addressBucket('nonsense'), addressBucket(undefined)]).toEqual(['unknown', 'unknown']);
});
