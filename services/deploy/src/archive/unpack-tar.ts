/**
 * tar.gz in two passes over the same file: the first looks at every entry and counts every byte, the second writes.
 * So nothing is written of an archive that is refused.
 */
import { createReadStream } from 'node:fs';
import { dirname, normalize } from 'node:path/posix';
import { Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry, Unpack } from 'tar';
import { type ArchiveLimits, ArchiveProblem, createTally, entryNameProblem } from '#src/archive/archive-limits.ts';

export interface UnpackOptions {
  readonly file: string;
  readonly packedBytes: number;
  /** Exists and is empty. */
  readonly target: string;
  readonly limits: ArchiveLimits;
  readonly signal: AbortSignal;
}

const plain = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory', 'GNUDumpDir']);

export async function unpackTar(options: UnpackOptions): Promise<void> {
  await checkTar(options);
  const problems: Error[] = [];
  const unpack = new Unpack({
    cwd: options.target,
    strict: true,
    preservePaths: false,
    preserveOwner: false,
    noMtime: true,
    chmod: false,
    umask: 0o022,
    dmode: 0o755,
    fmode: 0o644,
    onReadEntry: takeRights,
    filter: (path: string) => entryNameProblem(strip(path)) === undefined,
    onwarn: (_code: string, message: string | Error) => problems.push(new ArchiveProblem(String(message))),
  });
  await through(options, unpack as unknown as Writable);
  if (problems[0]) throw problems[0];
}

/** Of a mode only whether a file may be run is kept: no setuid, nothing that everybody may write. */
function takeRights(entry: ReadEntry): void {
  const runs = entry.type === 'Directory' || ((entry.mode ?? 0) & 0o111) !== 0;
  entry.mode = runs ? 0o755 : 0o644;
}

/** @throws `ArchiveProblem` at the first entry that may not be. */
async function checkTar(options: UnpackOptions): Promise<void> {
  const tally = createTally(options.packedBytes, options.limits);
  let problem: Error | undefined;
  let seen = 0;
  const stop = new AbortController();
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry: ReadEntry) => {
      try {
        seen++;
        tally.entry();
        checkEntry(entry);
      } catch (error) {
        problem ??= error as Error;
        stop.abort();
      }
      entry.resume();
    },
  });
  try {
    await through(
      { ...options, signal: AbortSignal.any([options.signal, stop.signal]) },
      parser as unknown as Writable,
    );
  } catch (error) {
    options.signal.throwIfAborted();
    throw problem ?? (error instanceof ArchiveProblem ? error : new ArchiveProblem('it is not a whole tar.gz file.'));
  }
  if (problem) throw problem;
  if (seen === 0) throw new ArchiveProblem('it is empty.');
}

function checkEntry(entry: ReadEntry): void {
  const path = strip(entry.path);
  if (path === '' || path === '.') return;
  const problem = entryNameProblem(path);
  if (problem) throw new ArchiveProblem(problem);
  if (entry.type === 'SymbolicLink' || entry.type === 'Link') {
    const link = entry.linkpath ?? '';
    const target = entry.type === 'Link' ? normalize(link) : normalize(`${dirname(path)}/${link}`);
    if (link === '' || link.startsWith('/') || target === '..' || target.startsWith('../'))
      throw new ArchiveProblem(`the link ${JSON.stringify(path.slice(0, 80))} leads out of the folder.`);
    return;
  }
  if (!plain.has(entry.type))
    throw new ArchiveProblem(`${JSON.stringify(path.slice(0, 80))} is a device or another special file.`);
}

/** Behind its end a tar is filled up with zeros, to a multiple of 10 KB as a rule. */
const mostPadding = 2 ** 20;

async function through(options: UnpackOptions, sink: Writable): Promise<void> {
  const tally = createTally(options.packedBytes, options.limits);
  let over = false;
  let padding = 0;
  sink.once('eof', () => (over = true));
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        tally.bytes(chunk.length);
        // The parser keeps what comes behind the end and copies all of it for each piece: it gets none of it.
        if (!over) return done(null, chunk);
        padding += chunk.length;
        if (padding > mostPadding) throw new ArchiveProblem('it goes on behind its end.');
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  await pipeline(createReadStream(options.file), createGunzip(), counter, sink, { signal: options.signal });
}

function strip(path: string): string {
  return path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
}
