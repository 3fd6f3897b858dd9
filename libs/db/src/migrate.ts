import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Log } from '@steading/kit';
import type { Pool, PoolClient } from 'pg';

export interface MigrateOptions {
  /** The service's schema; made where it is missing. */
  readonly schema: string;
  /** The folder of its `0001-name.sql` files. */
  readonly folder: URL;
  readonly log: Log;
}

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
}

/** One number for the whole house: migrations of several processes wait for one another. */
const lockKey = 7_283_465_120;

/**
 * Brings a schema up to date: every file that was not applied yet, in order, each in a transaction of its own.
 * @throws when an applied file was edited, or the database is newer than this code.
 */
export async function migrate(pool: Pool, options: MigrateOptions): Promise<void> {
  const { schema, folder, log } = options;
  if (!/^[a-z][a-z0-9_]*$/.test(schema)) throw new Error(`bug: ${schema} is no schema name`);
  const files = await readMigrations(folder);
  const client = await pool.connect();
  try {
    // Another process may be in the middle of a long migration: wait for it.
    await client.query("set statement_timeout = '20min'");
    await client.query('select pg_advisory_lock($1)', [lockKey]);
    await client.query(`create schema if not exists ${schema}`);
    await client.query(
      `create table if not exists ${schema}.migrations (
        number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`,
    );
    const applied = await client.query<{ number: number; name: string; checksum: string }>(
      `select number, name, checksum from ${schema}.migrations order by number`,
    );
    checkApplied(schema, files, applied.rows);
    for (const file of files.slice(applied.rows.length)) {
      await apply(client, schema, file);
      log.info({ schema, migration: file.name }, 'a migration was applied');
    }
  } finally {
    await client.query('select pg_advisory_unlock($1)', [lockKey]).catch(() => {});
    await client.query('reset statement_timeout').catch(() => {});
    client.release();
  }
}

function checkApplied(
  schema: string,
  files: readonly Migration[],
  applied: readonly { number: number; name: string; checksum: string }[],
): void {
  for (const [index, row] of applied.entries()) {
    const file = files[index];
    if (!file) {
      throw new Error(
        `The database's schema ${schema} is newer than this version of Steading (it has ${row.name}). Start the newer version, or restore a backup.`,
      );
    }
    if (file.number !== row.number || file.checksum !== row.checksum) {
      throw new Error(
        `${file.name} of schema ${schema} was changed after it was applied. Put the file back as it was, and add a new one.`,
      );
    }
  }
}

async function apply(client: PoolClient, schema: string, file: Migration): Promise<void> {
  try {
    await client.query('begin');
    await client.query("set local statement_timeout = '15min'");
    await client.query(file.text);
    await client.query(`insert into ${schema}.migrations (number, name, checksum) values ($1, $2, $3)`, [
      file.number,
      file.name,
      file.checksum,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw new Error(`${file.name} of schema ${schema} failed: ${(error as Error).message}. Nothing of it was kept.`, {
      cause: error,
    });
  }
}

async function readMigrations(folder: URL): Promise<Migration[]> {
  const names = (await readdir(fileURLToPath(folder))).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const number = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1]);
      if (number !== index + 1)
        throw new Error(
          `bug: ${name} breaks the row of migrations; the next is ${String(index + 1).padStart(4, '0')}-….sql`,
        );
      const text = await readFile(new URL(name, folder), 'utf8');
      return { number, name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}
