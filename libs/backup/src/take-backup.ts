/**
 * Makes one back-up: files that never change, the database at one moment, the other files, all in one tar that is
 * compressed and encrypted on its way. Holds a few megabytes in memory, whatever the size of the house.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import { readApplied } from '@steading/db';
import type { Log } from '@steading/kit';
import { encrypt } from '#src/age/age-file.ts';
import type { Recipient } from '#src/age/keys.ts';
import { createSum, type Sum } from '#src/archive/sum.ts';
import { fileEntry, type WrittenEntry, writeTar } from '#src/archive/tar.ts';
import { connect } from '#src/database/connection.ts';
import { openSnapshot, type Snapshot } from '#src/database/snapshot.ts';
import { readStrangers } from '#src/database/structure.ts';
import { backedFiles, summed } from '#src/files/backed-files.ts';
import { type Closing, entryNames, formatVersion, type Opening, type TableShape, tableKey } from '#src/manifest.ts';
import type { HouseParts } from '#src/parts.ts';
import { recorded } from '#src/runs/recorded.ts';
import { type BackupTarget, backupName, surplus } from '#src/target/target.ts';

export interface TakeOptions {
  readonly url: string;
  readonly dataDir: string;
  /** Where `master.key` lies. */
  readonly keyFolder: string;
  readonly parts: HouseParts;
  /** Whoever holds one of these keys can open it. */
  readonly recipients: readonly Recipient[];
  readonly houseId: string;
  readonly target: BackupTarget;
  /** How many of this kind stay; older ones of this house are removed after a success. */
  readonly keep: number;
  /** Before an upgrade the database alone is enough: no migration touches a file. Default true. */
  readonly files?: boolean;
  /** Marks it as one that was made before an upgrade. */
  readonly upgrade?: boolean;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called once nothing else about back-ups is under way and this one is recorded. */
  readonly onBegun?: (() => void) | undefined;
}

export interface TakenBackup {
  readonly name: string;
  readonly place: string;
  readonly bytes: number;
  readonly rows: number;
  readonly files: number;
  readonly takenAt: string;
  /** Earlier ones that were removed. */
  readonly removed: readonly string[];
  /** Schemas in the database that look like a service's, of none that this version has: not in the back-up. */
  readonly strangers: readonly string[];
}

/** The parts of a table's rows in the archive: small enough to be held in memory. */
const rowsPartBytes = 4 << 20;

export async function takeBackup(options: TakeOptions): Promise<TakenBackup> {
  const { url, target, houseId, upgrade = false, signal, log } = options;
  const name = backupName({ houseId, at: new Date(), upgrade });
  return recorded({ url, kind: 'backup', name, place: target.text, onBegun: options.onBegun }, async () => {
    // Not every server can list what was left; that is no reason to go without a back-up.
    await target
      .clearRemains(houseId, signal)
      .catch((error) => log.warn({ err: error }, 'what an earlier back-up left could not be cleared away'));
    const { opening, strangers } = await look(options, name);
    const made: { closing?: Closing } = {};
    let bytes = 0;
    const compress = createZstdCompress();
    await pipeline(
      writeTar(entries(options, opening, (closing) => (made.closing = closing))),
      compress,
      async (packed) => {
        bytes = await target.write(name, encrypt(packed as AsyncIterable<Buffer>, options.recipients), signal);
      },
      { signal },
    );
    const { closing } = made;
    if (!closing) throw new Error('bug: a back-up ended without its end');
    const removed = surplus(await target.list(signal), { houseId, upgrade, keep: options.keep });
    for (const old of removed) await target.remove(old, signal);
    const rows = Object.values(closing.tables).reduce((sum, { count }) => sum + count, 0);
    log.info({ name, place: target.text, bytes, rows, removed: removed.length }, 'a back-up was made');
    const { takenAt, files } = closing;
    return { name, place: target.text, bytes, rows, files: files.count, takenAt, removed, strangers };
  });
}

async function look(options: TakeOptions, name: string): Promise<{ opening: Opening; strangers: string[] }> {
  const { url, parts, files = true } = options;
  const client = await connect(url);
  try {
    const schemas: Opening['schemas'] = [];
    for (const { schema } of parts.schemas) {
      const migrations = await readApplied(client, schema);
      if (migrations.length > 0) schemas.push({ schema, migrations });
    }
    const known = parts.schemas.map(({ schema }) => schema);
    const opening = { format: formatVersion, name, houseVersion: parts.version, startedAt: new Date().toISOString() };
    return { opening: { ...opening, schemas, files }, strangers: await readStrangers(client, known) };
  } finally {
    await client.end();
  }
}

async function* entries(
  options: TakeOptions,
  opening: Opening,
  told: (closing: Closing) => void,
): AsyncGenerator<WrittenEntry> {
  const { dataDir, keyFolder, parts, signal } = options;
  const now = new Date();
  const sum = createSum();
  const files = backedFiles({ dataDir, folders: opening.files ? parts.folders : [], sum, signal });
  yield fileEntry(entryNames.opening, JSON.stringify(opening), now);
  yield* files.before();
  const snapshot = await openSnapshot(
    options.url,
    opening.schemas.map(({ schema }) => schema),
  );
  try {
    const { structure } = snapshot;
    yield fileEntry(entryNames.structure, JSON.stringify(structure), now);
    yield* files.after();
    if (opening.files) {
      yield* keyEntry({ folder: keyFolder, name: 'master.key', mode: 0o400, sum });
      yield* keyEntry({ folder: keyFolder, name: 'backup-recipient', mode: 0o600, sum });
    }
    const tables: Record<string, Sum> = {};
    for (const table of structure.tables) {
      signal.throwIfAborted();
      yield* rowEntries(snapshot, table, now, (rows) => (tables[tableKey(table)] = rows));
    }
    const closing = { takenAt: structure.takenAt, tables, files: sum.result() };
    told(closing);
    yield fileEntry(entryNames.closing, JSON.stringify(closing), now);
  } finally {
    await snapshot.close();
  }
}

async function* keyEntry(told: {
  folder: string;
  name: string;
  mode: number;
  sum: ReturnType<typeof createSum>;
}): AsyncGenerator<WrittenEntry> {
  const { folder, name, mode, sum } = told;
  const content = await readFile(join(folder, name)).catch(() => undefined);
  if (content) yield summed({ ...fileEntry(`${entryNames.files}/keys/${name}`, content, new Date()), mode }, sum);
}

async function* rowEntries(
  snapshot: Snapshot,
  table: TableShape,
  now: Date,
  told: (sum: Sum) => void,
): AsyncGenerator<WrittenEntry> {
  let held: Buffer[] = [];
  let size = 0;
  let number = 0;
  const part = () => {
    const path = `${entryNames.rows}/${tableKey(table)}/${String(++number).padStart(6, '0')}`;
    const entry = fileEntry(path, Buffer.concat(held), now);
    held = [];
    size = 0;
    return entry;
  };
  for await (const piece of snapshot.rows(table, told)) {
    held.push(piece);
    size += piece.length;
    if (size >= rowsPartBytes) yield part();
  }
  if (size > 0) yield part();
}
