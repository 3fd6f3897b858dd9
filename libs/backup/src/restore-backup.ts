/**
 * Restores a house into an empty data folder and an empty database. The back-up is read twice: first to see that all of
 * it is there and can be used by this version, without changing anything; then to restore it.
 *
 * What is half done is never a house: the rows are one transaction, and as long as `restoring.json` lies in the folder no
 * house starts on it. A restore that failed clears the folder; one that was killed is begun again by the next.
 */
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type EmbeddedPostgres, endEarlierServer, startEmbeddedPostgres } from '@steading/db';
import { type Log, newId } from '@steading/kit';
import type { Client } from 'pg';
import { BackupProblem, isDiskFull } from '#src/backup-problem.ts';
import { connect } from '#src/database/connection.ts';
import { checkEmpty, checkOpening } from '#src/database/load.ts';
import { unpackTo } from '#src/files/unpack.ts';
import { bringForward, loadBackup } from '#src/load-backup.ts';
import type { HouseParts, RestoreTold } from '#src/parts.ts';
import { type BackupSource, type ReadBackup, readBackup } from '#src/read-backup.ts';
import { beginRun, endRun, endRunsOfThen } from '#src/runs/runs-db.ts';

export interface RestoreOptions extends Pick<RestoreTold, 'keepSignIns'> {
  readonly source: BackupSource;
  readonly parts: HouseParts;
  readonly dataDir: string;
  /** Names in the folder that do not make it a house: what the starter itself puts there. */
  readonly ignore: readonly string[];
  /** An empty database; absent: an embedded one is made in the folder. */
  readonly url?: string;
  /** Only the rows, into a data folder that has everything but its database: to go back behind an upgrade. */
  readonly databaseOnly?: boolean;
  readonly place: string;
  readonly tell: (text: string) => void;
  readonly log: Log;
}

export interface Restored {
  readonly name: string;
  readonly takenAt: string;
  readonly rows: number;
  readonly files: number;
  readonly houseVersion: string;
}

const markFile = 'restoring.json';

/** Whether a restore into this folder was cut short. */
export async function isHalfRestored(dataDir: string): Promise<boolean> {
  return (await readMark(dataDir)) !== undefined;
}

export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { dataDir, parts, source, url, tell } = options;
  const earlier = await readMark(dataDir);
  if (!earlier) await checkFolder(options);
  if (url && !(earlier && (await isDone(url, earlier)))) await withClient(url, (client) => checkEmpty(client, parts));
  tell('reading the back-up to see that all of it is there');
  const seen = await readBackup(source, { opening: (opening) => checkOpening(parts, opening) });
  if (!seen.opening.files && !options.databaseOnly)
    throw new BackupProblem(
      `${seen.opening.name} holds the database alone: it was made before an upgrade, for the folder it was made in. Restore it there with --database-only.`,
    );
  if (earlier && url && (await isDone(url, earlier)))
    tell('the restore that was cut short had everything in its place');
  else await restoreAnew(options, { earlier: earlier !== undefined, name: seen.opening.name });
  await rm(join(dataDir, markFile), { force: true });
  const { closing, opening } = seen;
  const rows = Object.values(closing.tables).reduce((sum, { count }) => sum + count, 0);
  const { name, houseVersion } = opening;
  return { name, houseVersion, takenAt: closing.takenAt, rows, files: closing.files.count };
}

async function restoreAnew(options: RestoreOptions, told: { earlier: boolean; name: string }): Promise<void> {
  const { dataDir, tell, databaseOnly = false } = options;
  if (told.earlier) {
    tell('clearing away a restore that was cut short');
    await clearFolder(options);
  }
  const mark = newId('rst');
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  await writeFile(join(dataDir, markFile), JSON.stringify({ mark, name: told.name, databaseOnly }), { flush: true });
  try {
    await restoreMarked(options, mark);
  } catch (error) {
    await clearFolder(options);
    await rm(join(dataDir, markFile), { force: true });
    throw explain(error, dataDir);
  }
}

async function restoreMarked(options: RestoreOptions, mark: string): Promise<void> {
  const { dataDir, log, tell, parts } = options;
  let postgres: EmbeddedPostgres | undefined;
  try {
    if (!options.url) postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), log });
    const files = unpackTo(dataDir, { tops: [...parts.folders.map(({ path }) => path), 'keys'] });
    await withClient(options.url ?? postgres?.url ?? '', async (client) => {
      await checkEmpty(client, parts);
      await client.query('begin');
      tell('restoring');
      const read = await loadBackup(client, {
        ...{ source: options.source, parts },
        ...(!options.databaseOnly && { file: (entry) => files.file(entry) }),
      });
      await files.finish();
      // On the disk before the database says that all of it is there.
      await promisify(execFile)('sync', ['-f', '--', dataDir], { timeout: 600_000 });
      await bringForward(client, parts, read, options);
      await note(client, { options, read, mark });
      await client.query('commit');
    });
  } finally {
    await postgres?.stop();
  }
}

/** Leaves a record in the restored house, and the restore's own mark for whoever has to go on after a crash. */
async function note(client: Client, told: { options: RestoreOptions; read: ReadBackup; mark: string }): Promise<void> {
  const { options, read, mark } = told;
  const { opening, closing } = read;
  const rows = Object.values(closing.tables).reduce((sum, { count }) => sum + count, 0);
  await endRunsOfThen(client, { name: opening.name, takenAt: closing.takenAt });
  await beginRun(client, { id: mark, kind: 'restore', name: opening.name, place: options.place });
  await endRun(client, { id: mark, result: { takenAt: closing.takenAt, rows, files: closing.files.count } });
}

async function isDone(url: string, { mark }: { mark: string }): Promise<boolean> {
  return withClient(url, async (client) => {
    const there = await client.query("select to_regclass('backup.runs') is not null as there");
    if (!there.rows[0]?.there) return false;
    return (await client.query('select 1 from backup.runs where id = $1', [mark])).rowCount === 1;
  });
}

async function readMark(dataDir: string): Promise<{ mark: string; databaseOnly?: boolean } | undefined> {
  try {
    return JSON.parse(await readFile(join(dataDir, markFile), 'utf8')) as { mark: string; databaseOnly?: boolean };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    // Cut short while it was written: nothing else was.
    if (error instanceof SyntaxError) return { mark: '', databaseOnly: true };
    throw error;
  }
}

async function checkFolder({ dataDir, ignore, databaseOnly, url }: RestoreOptions): Promise<void> {
  if (databaseOnly) {
    if (!url && (await readdir(join(dataDir, 'postgres')).catch(() => [])).length > 0)
      throw new BackupProblem(
        `${dataDir} has a database. A restore never writes over one: move ${join(dataDir, 'postgres')} away first.`,
      );
    return;
  }
  const names = (await readdir(dataDir).catch(() => [])).filter((name) => !ignore.includes(name));
  if (names.length > 0)
    throw new BackupProblem(
      `${dataDir} is not empty (it has "${names[0]}"). A restore never writes over anything: name an empty folder with --data.`,
    );
}

/**
 * Only ever in a folder that was empty when the restore began, or had no database: all that is removed is the restore's
 * own. What kind of restore it was, its mark says.
 */
async function clearFolder({ dataDir, ignore, log, url }: RestoreOptions): Promise<void> {
  const { databaseOnly } = (await readMark(dataDir)) ?? { databaseOnly: true };
  await endEarlierServer(join(dataDir, 'postgres', 'data'), log);
  const names = databaseOnly ? (url ? [] : ['postgres']) : await readdir(dataDir);
  for (const name of names)
    if (name !== markFile && !ignore.includes(name)) await rm(join(dataDir, name), { recursive: true, force: true });
}

function explain(error: unknown, dataDir: string): unknown {
  if (!isDiskFull(error)) return error;
  return new BackupProblem(
    `The disk of ${dataDir} is full: the restore was given up, and the folder is empty again. Free some space, or choose another disk.`,
    error,
  );
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(url);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
