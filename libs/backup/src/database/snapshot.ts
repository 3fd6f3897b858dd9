import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { createRowSum, type Sum } from '#src/archive/sum.ts';
import { BackupProblem } from '#src/backup-problem.ts';
import { connect, quoted } from '#src/database/connection.ts';
import { readSequences, readTables } from '#src/database/structure.ts';
import { type Structure, type TableShape, tableKey } from '#src/manifest.ts';

/** All schemas at one moment, for as long as it is held. Never writes: a transaction that did would hold up the readers of events. */
export interface Snapshot {
  readonly structure: Structure;
  /** A table's rows as COPY writes them in text. `told` gets their sum at the end. */
  rows(table: TableShape, told: (sum: Sum) => void): AsyncGenerator<Buffer>;
  close(): Promise<void>;
}

export async function openSnapshot(url: string, schemas: readonly string[]): Promise<Snapshot> {
  const client = await connect(url);
  try {
    // Locked before the snapshot is taken: a table that is emptied or dropped in between would look empty in it.
    const before = await readTables(client, schemas);
    await client.query('begin isolation level repeatable read, read only');
    await lock(client, before);
    const { rows } = await client.query<{ at: string; version: string }>(
      `select to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, current_setting('server_version') as version`,
    );
    const tables = await readTables(client, schemas);
    await lock(client, tables);
    const sequences = await readSequences(client, schemas);
    const structure = { takenAt: rows[0]?.at ?? '', serverVersion: rows[0]?.version ?? '', tables, sequences };
    return { structure, rows: (table, told) => readRows(client, table, told), close: () => client.end() };
  } catch (error) {
    await client.end().catch(() => {});
    if ((error as { code?: string }).code === '55P03')
      throw new BackupProblem('A table stayed locked for a minute by something else. Try again.', error);
    throw error;
  }
}

async function lock(client: Client, tables: readonly TableShape[]): Promise<void> {
  if (tables.length === 0) return;
  const names = tables.map(({ schema, name }) => quoted(schema, name));
  await client.query(`lock table ${names.join(', ')} in access share mode`);
}

export async function* readRows(client: Client, table: TableShape, told: (sum: Sum) => void): AsyncGenerator<Buffer> {
  const sum = createRowSum();
  const columns = table.columns.map((column) => quoted(column)).join(', ');
  const rows = client.query(copyTo(`copy ${quoted(table.schema, table.name)} (${columns}) to stdout`));
  try {
    for await (const piece of rows) {
      sum.feed(piece as Buffer);
      yield piece as Buffer;
    }
  } catch (error) {
    throw new Error(`the rows of ${tableKey(table)} could not be read: ${(error as Error).message}`, { cause: error });
  }
  told(sum.result());
}
