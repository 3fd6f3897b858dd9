/**
 * Puts a back-up's rows into an empty database, in the caller's transaction. The tables are made by the very
 * migrations that the back-up names, so that nothing has to be written that makes tables from a description.
 *
 * Foreign keys are taken off and put on again at the end, which also checks them; triggers are off meanwhile. Both may be
 * done by who owns the tables: no superuser is needed.
 */
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { applyMigrations, checkApplied, readMigrations } from '@steading/db';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { BackupProblem } from '#src/backup-problem.ts';
import { quoted } from '#src/database/connection.ts';
import { readTables } from '#src/database/structure.ts';
import { type Opening, type Structure, type TableShape, tableKey } from '#src/manifest.ts';
import type { HouseParts } from '#src/parts.ts';

/** pg-boss's: only schedules and their runs, which every start makes anew. */
export const jobsSchema = 'jobs';

/** @throws BackupProblem when this version cannot restore it: it is newer, or of a service that is not here. */
export async function checkOpening(parts: HouseParts, opening: Opening): Promise<void> {
  for (const { schema, migrations } of opening.schemas) {
    const own = parts.schemas.find((each) => each.schema === schema);
    if (!own)
      throw new BackupProblem(
        `The back-up holds "${schema}", which this version (${parts.version}) does not have. Restore it with version ${opening.houseVersion} or a newer one.`,
      );
    try {
      checkApplied(schema, await readMigrations(own.folder), migrations);
    } catch (error) {
      throw new BackupProblem(
        `The back-up was made by version ${opening.houseVersion}, which this one (${parts.version}) cannot follow on from: its "${schema}" has what is not here. Restore it with version ${opening.houseVersion} or a newer one.`,
        error,
      );
    }
  }
}

/** @throws BackupProblem when something of a house is there already. */
export async function checkEmpty(client: Client, parts: HouseParts): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'select nspname as name from pg_namespace where nspname = any($1) order by 1',
    [[...parts.schemas.map(({ schema }) => schema), jobsSchema]],
  );
  if (rows.length > 0)
    throw new BackupProblem(
      `The database is not empty (it has the schema "${rows[0]?.name}"). A restore never writes over a house: give it an empty database.`,
    );
}

export interface DatabaseLoad {
  rows(key: string, content: AsyncIterable<Buffer>): Promise<void>;
  /** Ends the last table, sets sequences and puts foreign keys on again. */
  finish(): Promise<void>;
}

export async function beginLoad(
  client: Client,
  told: { parts: HouseParts; opening: Opening; structure: Structure },
): Promise<DatabaseLoad> {
  const { structure } = told;
  await makeTables(client, told);
  const keys = await takeOffKeys(client, structure);
  for (const table of structure.tables) await client.query(`alter table ${nameOf(table)} disable trigger user`);
  if (structure.tables.length > 0) await client.query(`truncate ${structure.tables.map(nameOf).join(', ')}`);
  const byKey = new Map(structure.tables.map((table) => [tableKey(table), table]));
  let open: { key: string; sink: ReturnType<typeof copyFrom> } | undefined;

  async function close(): Promise<void> {
    if (!open) return;
    const { sink } = open;
    open = undefined;
    sink.end();
    await finished(sink);
  }

  return {
    async rows(key, content) {
      if (open?.key !== key) {
        await close();
        const table = byKey.get(key);
        if (!table) throw new BackupProblem(`The back-up is damaged: it has rows of ${key}, and no such table.`);
        const columns = table.columns.map((column) => quoted(column)).join(', ');
        open = { key, sink: client.query(copyFrom(`copy ${nameOf(table)} (${columns}) from stdin`)) };
      }
      const { sink } = open;
      for await (const piece of content) {
        if (sink.errored) throw sink.errored;
        if (!sink.write(piece)) await once(sink, 'drain');
      }
    },
    async finish() {
      await close();
      for (const { schema, name, last } of structure.sequences)
        await client.query('select setval($1::regclass, $2::bigint, true)', [quoted(schema, name), last]);
      for (const table of structure.tables) await client.query(`alter table ${nameOf(table)} enable trigger user`);
      for (const { table, name, definition } of keys)
        await client.query(`alter table ${table} add constraint ${quoted(name)} ${definition}`);
    },
  };
}

/** Schemas as they were, then the partitions that were made since: those of today are not those of then. */
async function makeTables(
  client: Client,
  { parts, opening, structure }: { parts: HouseParts; opening: Opening; structure: Structure },
): Promise<void> {
  for (const { schema, migrations } of opening.schemas) {
    const own = parts.schemas.find((each) => each.schema === schema)!;
    await applyMigrations(client, schema, (await readMigrations(own.folder)).slice(0, migrations.length));
  }
  const schemas = opening.schemas.map(({ schema }) => schema);
  const wanted = new Map(structure.tables.map((table) => [tableKey(table), table]));
  for (const made of await readTables(client, schemas))
    if (made.partition && !wanted.has(tableKey(made))) await client.query(`drop table ${nameOf(made)}`);
  const there = new Set((await readTables(client, schemas)).map(tableKey));
  for (const table of structure.tables)
    if (table.partition && !there.has(tableKey(table)))
      await client.query(
        `create table ${nameOf(table)} partition of ${quoted(table.schema, table.partition.of)} ${table.partition.bound}`,
      );
  compareTables(structure.tables, await readTables(client, schemas));
}

function compareTables(wanted: readonly TableShape[], made: readonly TableShape[]): void {
  const shapes = new Map(made.map((table) => [tableKey(table), JSON.stringify([...table.columns].sort())]));
  for (const table of wanted) {
    const key = tableKey(table);
    if (shapes.get(key) !== JSON.stringify([...table.columns].sort()))
      throw new BackupProblem(
        `The table ${key} of the back-up is not as the migrations make it: somebody changed it by hand. Change it back in the old house, and make another back-up.`,
      );
    shapes.delete(key);
  }
  const [missing] = shapes.keys();
  if (missing) throw new BackupProblem(`The back-up is damaged: it lacks the table ${missing}.`);
}

async function takeOffKeys(
  client: Client,
  structure: Structure,
): Promise<{ table: string; name: string; definition: string }[]> {
  const { rows } = await client.query<{ table: string; name: string; definition: string }>(
    `select format('%I.%I', n.nspname, c.relname) as table, k.conname::text as name, pg_get_constraintdef(k.oid) as definition
     from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
     where k.contype = 'f' and k.conparentid = 0 and n.nspname = any($1) order by 1, 2`,
    [[...new Set(structure.tables.map(({ schema }) => schema))]],
  );
  for (const { table, name } of rows) await client.query(`alter table ${table} drop constraint ${quoted(name)}`);
  return rows;
}

function nameOf(table: TableShape): string {
  return quoted(table.schema, table.name);
}
