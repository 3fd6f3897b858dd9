import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Log } from '@steading/kit';
import type { Pool, PoolClient } from 'pg';

/** What one service, or library with tables, brings its schema up to date with. */
export interface SchemaMigrations {
  /** The service's schema; made where it is missing. */
  readonly schema: string;
  /** The folder of its `0001-name.sql` files. */
  readonly folder: URL;
}

export interface MigrateOptions extends SchemaMigrations {
  readonly log: Log;
}

export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
}

export interface Migration extends AppliedMigration {
  readonly text: string;
}

type Queryable = Pick<PoolClient, 'query'>;

/** One number for the whole house: migrations of several processes wait for one another. */
const lockKey = 7_283_465_120;

/** Brings one schema up to date; see `migrateAll`. */
export function migrate(pool: Pool, options: MigrateOptions): Promise<void> {
  return migrateAll(pool, [options], { log: options.log });
}

/**
 * Brings schemas up to date: every file that was not applied yet, in order, all of them in one transaction. So a file
 * that fails leaves every schema as it was, and the version that ran before still starts.
 *
 * `before` is called once there is something to apply to a database that is in use already, while no other process
 * can migrate; what it throws leaves the database as it is.
 * @throws when an applied file was edited, a file fails, or the database is newer than this code.
 */
export async function migrateAll(
  pool: Pool,
  schemas: readonly SchemaMigrations[],
  options: { log: Log; before?: (pending: readonly string[]) => Promise<void> },
): Promise<void> {
  const { log, before } = options;
  const client = await pool.connect();
  try {
    // Another process may be in the middle of a long migration: wait for it.
    await client.query("set statement_timeout = '20min'");
    await client.query('select pg_advisory_lock($1)', [lockKey]);
    const { plans, pending } = await planMigrations(client, schemas);
    if (pending.length === 0) return;
    if (plans.some(({ applied }) => applied > 0)) await before?.(pending);
    await client.query('begin');
    await client.query("set local statement_timeout = '15min'");
    for (const plan of plans) await applyMigrations(client, plan.schema, plan.pending);
    await client.query('commit');
    log.info({ migrations: pending }, 'migrations were applied');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  } finally {
    await client.query('select pg_advisory_unlock($1)', [lockKey]).catch(() => {});
    await client.query('reset statement_timeout').catch(() => {});
    client.release();
  }
}

interface Plan {
  readonly schema: string;
  readonly pending: readonly Migration[];
  /** How many files were applied before. */
  readonly applied: number;
}

async function planMigrations(
  client: Queryable,
  schemas: readonly SchemaMigrations[],
): Promise<{ plans: readonly Plan[]; pending: readonly string[] }> {
  const found = await Promise.all(schemas.map((each) => readMigrations(each.folder)));
  const plans: Plan[] = [];
  for (const [index, { schema }] of schemas.entries()) {
    const applied = await readApplied(client, schema);
    checkApplied(schema, found[index] ?? [], applied);
    plans.push({ schema, pending: (found[index] ?? []).slice(applied.length), applied: applied.length });
  }
  return { plans, pending: plans.flatMap(({ schema, pending }) => pending.map(({ name }) => `${schema}/${name}`)) };
}

/** Who works on the same tables waits as long: so a rehearsal gives up early, also before a deadlock is looked for (1 s). */
const rehearsal = { tries: 5, pauseMs: 200, lockMs: 300, statementMs: 3_000 };
/** lock_not_available, query_canceled, deadlock_detected: the database is busy, which says nothing of the files. */
const busy = new Set(['55P03', '57014', '40P01']);

/**
 * Applies what is pending to the database as it is, and takes it back at once, while another house works on it: whether
 * `migrateAll` would go through.
 * @returns `too-busy` where that could not be found out without holding the other house up.
 * @throws what `migrateAll` would throw.
 */
export async function rehearseMigrations(
  pool: Pool,
  schemas: readonly SchemaMigrations[],
): Promise<'nothing-to-do' | 'fits' | 'too-busy'> {
  const client = await pool.connect();
  try {
    for (let left = rehearsal.tries; left > 0; left--) {
      try {
        return await rehearseOnce(client, schemas);
      } catch (error) {
        const { code = '' } = ((error as Error).cause ?? error) as { code?: string };
        if (!busy.has(code)) throw error;
        await new Promise((resolve) => setTimeout(resolve, rehearsal.pauseMs));
      }
    }
    return 'too-busy';
  } finally {
    client.release();
  }
}

async function rehearseOnce(
  client: Queryable,
  schemas: readonly SchemaMigrations[],
): Promise<'nothing-to-do' | 'fits'> {
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = ${rehearsal.lockMs}`);
    await client.query(`set local statement_timeout = ${rehearsal.statementMs}`);
    await client.query('select pg_advisory_xact_lock($1)', [lockKey]);
    const { plans, pending } = await planMigrations(client, schemas);
    if (pending.length === 0) return 'nothing-to-do';
    for (const plan of plans) await applyMigrations(client, plan.schema, plan.pending);
    // What is checked at the end of a transaction would not be.
    await client.query('set constraints all immediate');
    return 'fits';
  } finally {
    await client.query('rollback');
  }
}

/** Applies files to a schema in the caller's transaction, making the schema where it is missing. */
export async function applyMigrations(client: Queryable, schema: string, files: readonly Migration[]): Promise<void> {
  checkName(schema);
  await client.query(`create schema if not exists ${schema}`);
  await client.query(
    `create table if not exists ${schema}.migrations (
      number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`,
  );
  for (const file of files) {
    try {
      await client.query(file.text);
    } catch (error) {
      throw new Error(
        `${file.name} of schema ${schema} failed: ${(error as Error).message}. Nothing was changed, of no schema: the version that ran before still starts.`,
        { cause: error },
      );
    }
    await client.query(`insert into ${schema}.migrations (number, name, checksum) values ($1, $2, $3)`, [
      file.number,
      file.name,
      file.checksum,
    ]);
  }
}

/** What was applied to a schema, in order; nothing where it is not there. */
export async function readApplied(client: Queryable, schema: string): Promise<AppliedMigration[]> {
  checkName(schema);
  const there = await client.query<{ at: string | null }>('select to_regclass($1)::text as at', [
    `${schema}.migrations`,
  ]);
  if (!there.rows[0]?.at) return [];
  const { rows } = await client.query<AppliedMigration>(
    `select number, name, checksum from ${schema}.migrations order by number`,
  );
  return rows;
}

/** @throws when `applied` is not the beginning of `files`. */
export function checkApplied(
  schema: string,
  files: readonly AppliedMigration[],
  applied: readonly AppliedMigration[],
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

/** The files of a folder, in order. */
export async function readMigrations(folder: URL): Promise<Migration[]> {
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

function checkName(schema: string): void {
  if (!/^[a-z][a-z0-9_]*$/.test(schema)) throw new Error(`bug: ${schema} is no schema name`);
}
