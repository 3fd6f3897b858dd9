import { createDatabase, createPool, type Database, dumpSchema, migrate, type Pool } from '@steading/db';
import { createLog } from '@steading/kit';
import { createTestDatabase, type TestDatabase } from '@steading/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appendEntry, auditReader, pruneAudit } from '#src/audit-db.ts';
import { canonical } from '#src/audit-entry.ts';
import { verifyAudit } from '#src/verify-audit.ts';

const key = Buffer.alloc(32, 7);
const log = createLog({ level: 'silent' });
let database: TestDatabase;
let pool: Pool;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 6, log });
  db = createDatabase(pool, { log });
  await migrate(pool, { schema: 'observe', folder: new URL('../src/migrations/', import.meta.url), log });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const add = (number: number, at = `2026-01-01T00:00:${String(number).padStart(2, '0')}.123Z`) =>
  db.write((tx) =>
    appendEntry(tx, key, {
      eventId: `evt_${number}`,
      at,
      action: 'deploy.deployed',
      actor: 'user:usr_1',
      node: 'app_1',
      target: 'web',
      result: 'done',
      through: null,
      address: '127.0.0.1',
      userAgent: null,
      requestId: 'req_1',
      before: { b: 1, a: [1.5, 'ü', null] },
      after: null,
    }),
  );

test('entries of many transactions at once make one chain that verifies', async () => {
  await Promise.all(Array.from({ length: 20 }, (_, number) => add(number + 1)));
  expect(await verifyAudit(db, key)).toEqual({ ok: true, entries: 20 });
});

test('the same event is not kept twice', async () => {
  await expect(add(1)).rejects.toThrow(/unique/);
  expect(await verifyAudit(db, key)).toEqual({ ok: true, entries: 20 });
});

test('the table refuses to be changed', async () => {
  await expect(pool.query("update observe.audit set actor = 'user:other'")).rejects.toThrow(/append-only/);
  await expect(pool.query('delete from observe.audit')).rejects.toThrow(/append-only/);
  await expect(pool.query('truncate observe.audit')).rejects.toThrow(/append-only/);
});

test('a change behind the trigger is found at its place', async () => {
  await pool.query('alter table observe.audit disable trigger all');
  await pool.query("update observe.audit set target = 'other' where position = 7");
  expect(await verifyAudit(db, key)).toMatchObject({ ok: false, firstBroken: '7' });
  await pool.query("update observe.audit set target = 'web' where position = 7");
  expect((await verifyAudit(db, key)).ok).toBe(true);
  const { rows } = await pool.query('delete from observe.audit where position = 20 returning *');
  expect(rows).toHaveLength(1);
  expect((await verifyAudit(db, key)).ok).toBe(false);
  await pool.query('insert into observe.audit select * from jsonb_populate_record(null::observe.audit, $1)', [
    JSON.stringify(rows[0]),
  ]);
  await pool.query('alter table observe.audit enable trigger all');
  expect((await verifyAudit(db, key)).ok).toBe(true);
});

test('pruned, the rest still verifies from its anchor', async () => {
  await add(50, '2026-06-01T00:00:00.000Z');
  expect(await pruneAudit(db, new Date('2026-03-01'))).toBe(20);
  expect(await verifyAudit(db, key)).toEqual({ ok: true, entries: 1 });
  expect(await auditReader(db).page({ node: 'app_1', action: 'deploy.', limit: 10 })).toHaveLength(1);
  expect(await auditReader(db).page({ action: 'deploy%', limit: 10 })).toHaveLength(0);
});

test('a chain made under another key does not verify', async () => {
  expect((await verifyAudit(db, Buffer.alloc(32, 8))).ok).toBe(false);
});

test('canonical JSON does not depend on the order of keys', () => {
  expect(canonical({ b: 1, a: { d: [2], c: undefined } })).toBe('{"a":{"d":[2]},"b":1}');
});

test('the committed schema is what the migrations make', async () => {
  expect(await dumpSchema(pool, 'observe')).toContain('create table observe.audit (');
});
