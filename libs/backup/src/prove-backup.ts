/**
 * Proves that a back-up can be restored, by doing it: into a database that is thrown away, on a PostgreSQL of its own,
 * because a long transaction on the house's server would hold up its events (their readers wait for the oldest
 * transaction that writes, in whatever database). Then every table is read again and compared with what was saved.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@steading/db';
import type { Log } from '@steading/kit';
import type { Client } from 'pg';
import type { Sum } from '#src/archive/sum.ts';
import { BackupProblem, isDiskFull } from '#src/backup-problem.ts';
import { connect } from '#src/database/connection.ts';
import { checkEmpty } from '#src/database/load.ts';
import { readRows } from '#src/database/snapshot.ts';
import { readSequences } from '#src/database/structure.ts';
import { bringForward, loadBackup } from '#src/load-backup.ts';
import { tableKey } from '#src/manifest.ts';
import type { HouseParts } from '#src/parts.ts';
import type { BackupSource, ReadBackup } from '#src/read-backup.ts';

export interface ProveOptions {
  readonly source: BackupSource;
  readonly parts: HouseParts;
  /** An empty database to use and leave empty; or where to start a PostgreSQL for it. */
  readonly scratch: { readonly url: string } | { readonly folder: string; readonly binariesIn?: string };
  /** More to look at while the restored house is there: its code's statements, say. @throws what is wrong. */
  readonly inspect?: (client: Client) => Promise<void>;
  readonly log: Log;
}

export interface Proof {
  readonly name: string;
  readonly takenAt: string;
  readonly tables: number;
  readonly rows: number;
  readonly files: number;
}

/** @throws BackupProblem with the first thing that is not as it was. */
export async function proveBackup(options: ProveOptions): Promise<Proof> {
  const { scratch } = options;
  if ('url' in scratch) return proveIn(options, scratch.url);
  const folder = await mkdtemp(join(scratch.folder, 'proof-'));
  let postgres: EmbeddedPostgres | undefined;
  try {
    await chmod(folder, 0o711);
    postgres = await startEmbeddedPostgres({
      dataDir: folder,
      durable: false,
      log: options.log.child({}, { level: 'silent' }),
      ...(scratch.binariesIn && { binariesIn: scratch.binariesIn }),
    });
    return await proveIn(options, postgres.url);
  } catch (error) {
    if (isDiskFull(error))
      throw new BackupProblem(
        `The disk of ${scratch.folder} is too full to restore into: a proof needs about as much as the database. Free some space.`,
        error,
      );
    throw error;
  } finally {
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function proveIn({ source, parts, inspect }: ProveOptions, url: string): Promise<Proof> {
  const client = await connect(url);
  try {
    await checkEmpty(client, parts);
    await client.query('begin');
    const read = await loadBackup(client, { source, parts });
    await compare(client, read);
    await bringForward(client, parts, read, { keepSignIns: false });
    await inspect?.(client);
    const { closing, opening } = read;
    const sums = Object.values(closing.tables);
    const rows = sums.reduce((sum, { count }) => sum + count, 0);
    return { name: opening.name, takenAt: closing.takenAt, tables: sums.length, rows, files: closing.files.count };
  } finally {
    // Nothing of it stays, whoever's database it is.
    await client.query('rollback').catch(() => {});
    await client.end().catch(() => {});
  }
}

async function compare(client: Client, { structure, closing }: ReadBackup): Promise<void> {
  for (const table of structure.tables) {
    const wanted = closing.tables[tableKey(table)];
    let found: Sum | undefined;
    for await (const _ of readRows(client, table, (sum) => (found = sum)));
    if (!found || found.count !== wanted?.count || found.hash !== wanted.hash)
      throw new BackupProblem(
        `The proof failed: ${tableKey(table)} has ${found?.count ?? 0} rows after the restore, and had ${wanted?.count ?? 0}; or they differ. Keep this back-up, and make another one.`,
      );
  }
  const schemas = [...new Set(structure.tables.map(({ schema }) => schema))];
  const now = new Map((await readSequences(client, schemas)).map((each) => [tableKey(each), each.last]));
  for (const sequence of structure.sequences)
    if (now.get(tableKey(sequence)) !== sequence.last)
      throw new BackupProblem(`The proof failed: the counter ${tableKey(sequence)} is not where it was.`);
}
