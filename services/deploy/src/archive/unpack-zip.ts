/** zip: entries are checked from the directory at its end, all of them before the first one is written. */
import { createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { ArchiveProblem, createTally, entryNameProblem } from '#src/archive/archive-limits.ts';
import type { UnpackOptions } from '#src/archive/unpack-tar.ts';
import { isDiskFull } from '#src/disk-full.ts';

const fileKind = 0o170000;
const regular = 0o100000;
const directory = 0o040000;

export async function unpackZip(options: UnpackOptions): Promise<void> {
  const zip = await openZip(options.file);
  try {
    const entries = await checkedEntries(zip, options);
    const tally = createTally(options.packedBytes, options.limits);
    for (const entry of entries) {
      options.signal.throwIfAborted();
      await writeEntry(zip, entry, { ...options, tally });
    }
  } finally {
    zip.close();
  }
}

async function checkedEntries(zip: ZipFile, options: UnpackOptions): Promise<Entry[]> {
  const tally = createTally(options.packedBytes, options.limits);
  const names = new Set<string>();
  const entries: Entry[] = [];
  await new Promise<void>((resolve, reject) => {
    zip.on('error', (error: Error) => reject(new ArchiveProblem(`it is not a whole zip file (${error.message}).`)));
    zip.on('end', resolve);
    zip.on('entry', (entry: Entry) => {
      try {
        tally.entry();
        tally.bytes(entry.uncompressedSize);
        checkEntry(entry, names);
        entries.push(entry);
        zip.readEntry();
      } catch (error) {
        reject(error as Error);
      }
    });
    zip.readEntry();
  });
  if (entries.length === 0) throw new ArchiveProblem('it is empty.');
  checkNesting(entries);
  return entries;
}

/** A file cannot be a folder too. */
function checkNesting(entries: readonly Entry[]): void {
  const files = new Set(entries.map((entry) => entry.fileName).filter((name) => !name.endsWith('/')));
  for (const { fileName } of entries)
    for (let end = fileName.indexOf('/'); end !== -1; end = fileName.indexOf('/', end + 1))
      if (files.has(fileName.slice(0, end)))
        throw new ArchiveProblem(`${JSON.stringify(fileName.slice(0, Math.min(end, 80)))} is a file and a folder.`);
}

function checkEntry(entry: Entry, names: Set<string>): void {
  const name = entry.fileName.replace(/\/+$/, '');
  const problem = entryNameProblem(name);
  if (problem) throw new ArchiveProblem(problem);
  const shown = JSON.stringify(name.slice(0, 80));
  const kind = (entry.externalFileAttributes >>> 16) & fileKind;
  if (kind !== 0 && kind !== regular && kind !== directory)
    throw new ArchiveProblem(`${shown} is a link or another special file.`);
  if (entry.isEncrypted()) throw new ArchiveProblem(`${shown} is encrypted.`);
  if (names.has(name)) throw new ArchiveProblem(`${shown} stands in it twice.`);
  names.add(name);
}

async function writeEntry(
  zip: ZipFile,
  entry: Entry,
  options: UnpackOptions & { tally: ReturnType<typeof createTally> },
): Promise<void> {
  const target = join(options.target, entry.fileName);
  if (entry.fileName.endsWith('/')) {
    await mkdir(target, { recursive: true });
    return;
  }
  await mkdir(dirname(target), { recursive: true });
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        options.tally.bytes(chunk.length);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  try {
    await pipeline(await readEntry(zip, entry), counter, createWriteStream(target, { flags: 'wx', mode: 0o644 }), {
      signal: options.signal,
    });
  } catch (error) {
    options.signal.throwIfAborted();
    throw error instanceof ArchiveProblem || isDiskFull(error) ? error : new ArchiveProblem('it is damaged.');
  }
  if (((entry.externalFileAttributes >>> 16) & 0o111) !== 0) await chmod(target, 0o755);
}

function openZip(file: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.open(
      file,
      { lazyEntries: true, autoClose: false, validateEntrySizes: true, strictFileNames: true },
      (error, zip) => {
        if (error || !zip) reject(new ArchiveProblem('it is not a whole zip file.'));
        else resolve(zip);
      },
    );
  });
}

function readEntry(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error || !stream ? reject(error) : resolve(stream)));
  });
}
