import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createLog } from '@steading/kit';
import { createTestDatabase, type TestDatabase } from '@steading/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkStatements } from '#src/check-statements.ts';
import { createDatabase } from '#src/create-database.ts';
import { migrate, migrateAll } from '#src/migrate.ts';
import { createPool, type Pool } from '#src/pool.ts';
import { statement } from '#src/statement.ts';

const log = createLog({ level: 'silent' });
const add = statement<[name: string, amount: number]>(
  'dbtest.add',
  'insert into dbtest.things (name, amount) values ($1, $2)',
);
const byName = statement<[name: string], { amount: number }>(
  'dbtest.byName',
  'select amount from dbtest.things where name = $1',
);
const raise = statement<[name: string]>('dbtest.raise', 'update dbtest.things set amount = amount + 1 where name = $1');

let database: TestDatabase;
let pool: Pool;

const folders: string[] = [];

function folderWith(files: Record<string, string>): URL {
  const folder = mkdtempSync(join(tmpdir(), 'steading-migrations-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return pathToFileURL(`${folder}/`);
}

const first = { '0001-things.sql': 'create table dbtest.things (name text primary key, amount integer not null);' };

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 6, log });
  await migrate(pool, { schema: 'dbtest', folder: folderWith(first), log });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

test('a transaction that throws leaves nothing, and its afterCommit is not called', async () => {
  const db = createDatabase(pool, { log });
  let called = 0;
  await expect(
    db.write(async (tx) => {
      await tx.run(add, 'gone', 1);
      tx.afterCommit(() => called++);
      throw new Error('changed my mind');
    }),
  ).rejects.toThrow('changed my mind');
  expect(await db.first(byName, 'gone')).toBeUndefined();
  expect(called).toBe(0);
});

test('two transactions that deadlock both end well', async () => {
  const db = createDatabase(pool, { log });
  await db.write(async (tx) => {
    await tx.run(add, 'a', 0);
    await tx.run(add, 'b', 0);
  });
  const both = (one: string, two: string) =>
    db.write(async (tx) => {
      await tx.run(raise, one);
      await new Promise((resolve) => setTimeout(resolve, 30));
      await tx.run(raise, two);
    });
  await Promise.all([both('a', 'b'), both('b', 'a')]);
  expect([await db.first(byName, 'a'), await db.first(byName, 'b')]).toEqual([{ amount: 2 }, { amount: 2 }]);
});

test('a migration that was edited, and a database that is newer, are refused in words', async () => {
  const edited = { '0001-things.sql': 'create table dbtest.things (name text);' };
  await expect(migrate(pool, { schema: 'dbtest', folder: folderWith(edited), log })).rejects.toThrow(
    /was changed after it was applied/,
  );
  await expect(migrate(pool, { schema: 'dbtest', folder: folderWith({}), log })).rejects.toThrow(
    /newer than this version/,
  );
});

test('a failing migration keeps nothing, and the mended one goes on', async () => {
  const broken = { ...first, '0002-more.sql': 'create table dbtest.more (a integer); select 1/0;' };
  await expect(migrate(pool, { schema: 'dbtest', folder: folderWith(broken), log })).rejects.toThrow(
    /0002-more.sql.*Nothing was changed/,
  );
  await migrate(pool, {
    schema: 'dbtest',
    folder: folderWith({ ...first, '0002-more.sql': 'create table dbtest.more (a integer);' }),
    log,
  });
});

test('a file that fails takes back what others applied before it, and the version that ran before still starts', async () => {
  const folders = {
    early: folderWith({ '0001-a.sql': 'create table early.a ()' }),
    late: folderWith({ '0001-b.sql': 'create table late.b ()' }),
  };
  const older = [
    { schema: 'early', folder: folders.early },
    { schema: 'late', folder: folders.late },
  ];
  const called: string[][] = [];
  const before = async (pending: readonly string[]) => void called.push([...pending]);
  await migrateAll(pool, older, { log, before });
  const newer = [
    {
      schema: 'early',
      folder: folderWith({ '0001-a.sql': 'create table early.a ()', '0002-c.sql': 'create table early.c ()' }),
    },
    { schema: 'late', folder: folderWith({ '0001-b.sql': 'create table late.b ()', '0002-d.sql': 'select 1/0' }) },
    { schema: 'fresh', folder: folderWith({ '0001-e.sql': 'create table fresh.e ()' }) },
  ];
  await expect(migrateAll(pool, newer, { log, before })).rejects.toThrow(
    /0002-d.sql of schema late failed: division by zero/,
  );
  await migrateAll(pool, older, { log, before });
  const left = await pool.query("select to_regclass('early.c') as c, to_regnamespace('fresh') as fresh");
  expect(left.rows).toEqual([{ c: null, fresh: null }]);
  const full = new Error('the disk is full');
  await expect(migrateAll(pool, newer.slice(0, 1), { log, before: () => Promise.reject(full) })).rejects.toBe(full);
  expect((await pool.query("select to_regclass('early.c') as c")).rows).toEqual([{ c: null }]);
  expect(called).toEqual([['early/0002-c.sql', 'late/0002-d.sql', 'fresh/0001-e.sql']]);
});

test('a text that no database can keep is bad input, not a failure', async () => {
  const database_ = createDatabase(pool, { log });
  await expect(database_.first(byName, 'a\u0000b')).rejects.toMatchObject({ code: 'bad-input' });
  await expect(database_.write((tx) => tx.run(add, '\u0000', 1))).rejects.toMatchObject({ code: 'bad-input' });
});

test('a statement that does not fit the schema is named', async () => {
  statement('dbwrong.column', 'select nonsense from dbtest.things');
  expect(await checkStatements(pool, 'dbwrong.')).toEqual([
    { name: 'dbwrong.column', problem: 'column "nonsense" does not exist' },
  ]);
  expect(await checkStatements(pool, 'dbtest.')).toEqual([]);
});

test('a swallowed failure is not taken for a commit', async () => {
  const db = createDatabase(pool, { log });
  const work = db.write(async (tx) => {
    await tx.run(add, 'swallowed', 1);
    await tx.run(add, 'swallowed', 1).catch(() => {});
    return 'done';
  });
  await expect(work).rejects.toThrow(/swallowed/);
  expect(await db.first(byName, 'swallowed')).toBeUndefined();
});

test('what follows a commit may fail without undoing it', async () => {
  const db = createDatabase(pool, { log });
  await db.write(async (tx) => {
    await tx.run(add, 'kept', 1);
    tx.afterCommit(() => {
      throw new Error('afterwards');
    });
  });
  expect(await db.first(byName, 'kept')).toEqual({ amount: 1 });
});

test('a connection that is cut in a transaction ends the transaction, not the process', async () => {
  const db = createDatabase(pool, { log });
  let cuts = 1;
  await db.write(async (tx) => {
    await tx.run(add, `cut-${cuts}`, 1);
    if (cuts-- > 0)
      await pool.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and datname = current_database()",
      );
    await tx.first(byName, 'kept');
  });
  expect(await db.first(byName, 'cut-0')).toEqual({ amount: 1 });
  expect(await db.first(byName, 'cut-1')).toBeUndefined();
});

test('a connection that is cut in the hands of whoever took it fails their next query, not the process', async () => {
  const client = await pool.connect();
  const { rows } = await client.query('select pg_backend_pid() as pid');
  const gone = new Promise((resolve) => client.once('end', resolve));
  await pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
  await gone;
  await expect(client.query('select 1')).rejects.toThrow();
  client.release();
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});
