/**
 * Reads a back-up from its beginning to its end and compares everything with what it says of itself. Whoever reads gets
 * each part as it comes; nothing counts until all of it was read.
 */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { decrypt } from '#src/age/age-file.ts';
import type { Identity } from '#src/age/keys.ts';
import { createRowSum, createSum, type Sum } from '#src/archive/sum.ts';
import { type ReadEntry, readTar } from '#src/archive/tar.ts';
import { BackupProblem } from '#src/backup-problem.ts';
import { itemOf } from '#src/files/backed-files.ts';
import {
  type Closing,
  closingShape,
  entryNames,
  formatVersion,
  type Opening,
  openingShape,
  type Structure,
  structureShape,
} from '#src/manifest.ts';

export interface BackupSource {
  /** From the beginning, each time it is called. */
  readonly bytes: () => AsyncIterable<Buffer>;
  readonly identities: readonly Identity[];
}

/** Called in the order of the archive. What is left unread of a content is read by the reader. */
export interface BackupHandlers {
  opening?(opening: Opening): Promise<void>;
  structure?(structure: Structure, opening: Opening): Promise<void>;
  rows?(table: string, content: AsyncIterable<Buffer>): Promise<void>;
  file?(entry: ReadEntry): Promise<void>;
}

export interface ReadBackup {
  readonly opening: Opening;
  readonly structure: Structure;
  readonly closing: Closing;
}

const maxTextBytes = 64 << 20;

/** @throws BackupProblem when it cannot be opened, is of a newer format, or is not whole; else what a handler throws. */
export async function readBackup(source: BackupSource, handlers: BackupHandlers = {}): Promise<ReadBackup> {
  const read = createReading(handlers);
  const entries = readTar(unpacked(source));
  for (;;) {
    const next = await entries.next().catch((error) => {
      throw error instanceof BackupProblem ? error : damaged((error as Error).message, error);
    });
    if (next.done) break;
    await read.entry(next.value);
  }
  return read.end();
}

async function* unpacked({ bytes, identities }: BackupSource): AsyncGenerator<Buffer> {
  const decompress = createZstdDecompress();
  let problem: unknown;
  const flow = pipeline(decrypt(bytes(), identities), decompress).catch((error) => (problem = error));
  try {
    for await (const piece of decompress) yield piece as Buffer;
  } catch (error) {
    await flow;
    throw problem ?? error;
  }
  await flow;
  if (problem) throw problem;
}

function createReading(handlers: BackupHandlers) {
  const fileSum = createSum();
  const rowSums = new Map<string, ReturnType<typeof createRowSum>>();
  let opening: Opening | undefined;
  let structure: Structure | undefined;
  let closing: Closing | undefined;

  async function takeRows(entry: ReadEntry, key: string): Promise<void> {
    const sum = rowSums.get(key) ?? createRowSum();
    rowSums.set(key, sum);
    const content = watched(entry.content, (piece) => sum.feed(piece));
    await handlers.rows?.(key, content);
    for await (const _ of content);
  }

  async function takeFile(entry: ReadEntry): Promise<void> {
    const hash = createHash('sha256');
    const content = watched(entry.content, (piece) => hash.update(piece));
    await handlers.file?.({ ...entry, content });
    for await (const _ of content);
    fileSum.add(itemOf(entry, entry.type === 'File' ? hash.digest('hex') : (entry.linkpath ?? '')));
  }

  return {
    async entry(entry: ReadEntry): Promise<void> {
      const { path } = entry;
      if (closing || !opening !== (path === entryNames.opening)) throw damaged('its parts are out of order');
      if (path === entryNames.opening) {
        opening = checkFormat(await readJson(entry));
        await handlers.opening?.(opening);
      } else if (path === entryNames.structure && opening) {
        structure = structureShape.parse(await readJson(entry));
        await handlers.structure?.(structure, opening);
      } else if (path === entryNames.closing) closing = closingShape.parse(await readJson(entry));
      else if (structure && path.startsWith(`${entryNames.rows}/`)) await takeRows(entry, path.split('/')[2] ?? '');
      else if (path.startsWith(`${entryNames.files}/`)) await takeFile(entry);
      else throw damaged(`it holds ${JSON.stringify(path.slice(0, 80))}`);
    },
    end(): ReadBackup {
      if (!opening || !structure || !closing) throw damaged('its end is missing');
      const sums = new Map([...rowSums].map(([key, sum]) => [key, sum.result()]));
      for (const [key, wanted] of Object.entries(closing.tables))
        if (!same(sums.get(key) ?? createSum().result(), wanted)) throw damaged(`the rows of ${key} are not all there`);
      if (!same(fileSum.result(), closing.files)) throw damaged('its files are not all there');
      return { opening, structure, closing };
    },
  };
}

/** @throws BackupProblem for a newer format, before anything else of it is read. */
function checkFormat(told: unknown): Opening {
  const format = (told as { format?: unknown }).format;
  if (typeof format === 'number' && format > formatVersion)
    throw new BackupProblem(
      `The back-up has format ${format}, and this version reads ${formatVersion} at most: it was made by a newer Steading (${(told as { houseVersion?: string }).houseVersion ?? 'unknown'}). Restore it with that one.`,
    );
  return openingShape.parse(told);
}

async function readJson(entry: ReadEntry): Promise<unknown> {
  if (entry.size > maxTextBytes) throw damaged(`${entry.path} is too long`);
  const parts: Buffer[] = [];
  for await (const piece of entry.content) parts.push(piece);
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}

/** The content once, seen by `see` as it passes; whoever asks again goes on where the first stopped. */
function watched(content: AsyncIterable<Buffer>, see: (piece: Buffer) => void): AsyncIterable<Buffer> {
  const pieces = content[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const next = await pieces.next();
        if (!next.done) see(next.value);
        return next;
      },
    }),
  };
}

function same(one: Sum, other: Sum): boolean {
  return one.count === other.count && one.bytes === other.bytes && one.hash === other.hash;
}

function damaged(what: string, cause?: unknown): BackupProblem {
  return new BackupProblem(`The back-up is damaged: ${what}. Nothing of it is used: take another one.`, cause);
}
