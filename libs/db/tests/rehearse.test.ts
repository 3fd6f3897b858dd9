import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createLog } from '@steading/kit';
import { createTestDatabase } from '@steading/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrateAll, rehearseMigrations } from '#src/migrate.ts';
import { createPool } from '#src/pool.ts';

const log = createLog({ level: 'silent' });
const folder = mkdtempSync(join(tmpdir(), 'steading-rehearse-'));
const schemas = [{ schema: 'early', folder: pathToFileURL(`${folder}/`) }];
const file = (name: string, text: string) => writeFileSync(join(folder, name), text);
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: ReturnType<typeof createPool>;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 4, log });
  file('0001-a.sql', 'create table early.a (n integer); insert into early.a values (1), (1)');
  await migrateAll(pool, schemas, { log });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const columns = async () => {
  const { rows } = await pool.query<{ name: string }>(
    "select column_name as name from information_schema.columns where table_name = 'a' order by 1",
  );
  return rows.map(({ name }) => name);
};

test('says that there is nothing to do, or that it fits, and changes nothing', async () => {
  expect(await rehearseMigrations(pool, schemas)).toBe('nothing-to-do');
  file('0002-b.sql', 'alter table early.a add column m integer');
  expect(await rehearseMigrations(pool, schemas)).toBe('fits');
  expect(await columns()).toEqual(['n']);
});

test('meets what only the rows refuse', async () => {
  file('0002-b.sql', 'create unique index a_n on early.a (n)');
  await expect(rehearseMigrations(pool, schemas)).rejects.toThrow(/0002-b\.sql of schema early failed: .*unique index/);
});

test('gives way to whoever works on the table, and says that it knows nothing then', async () => {
  file('0002-b.sql', 'alter table early.a add column m integer');
  const worker = await pool.connect();
  await worker.query('begin');
  await worker.query('select * from early.a');
  const rehearsed = rehearseMigrations(pool, schemas);
  const began = performance.now();
  // A reader that comes meanwhile stands behind it, but not for long.
  await new Promise((resolve) => setImmediate(resolve));
  await pool.query('select * from early.a');
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(await rehearsed).toBe('too-busy');
  await worker.query('commit');
  worker.release();
  expect(await rehearseMigrations(pool, schemas)).toBe('fits');
});
