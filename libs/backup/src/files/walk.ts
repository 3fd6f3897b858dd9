/**
 * Goes through a folder of which others may change anything at any time: apps own their data folders, and the house
 * reads them as root. Every step is taken from an open folder, and no link is followed, so that a name that is swapped
 * for a link on the way leads nowhere (`/proc/self/fd` stands in for openat).
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { WrittenEntry } from '#src/archive/tar.ts';

const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
// Not blocking: a pipe that took a file's place would never open.
const fileFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface WalkOptions {
  /** The folder itself. */
  readonly folder: string;
  /** What its paths begin with in the archive. */
  readonly as: string;
  /** Whether a path (from the folder, without a leading slash) is taken, and everything below it. */
  readonly takes: (path: string) => boolean;
  readonly signal: AbortSignal;
}

/** Folders, files and links, each folder before what is in it. Nothing where there is no such folder. */
export async function* walk(options: WalkOptions): AsyncGenerator<WrittenEntry> {
  const root = await openQuietly(options.folder, folderFlags);
  if (!root) return;
  try {
    yield* walkFolder(options, root, '');
  } finally {
    await root.close();
  }
}

async function* walkFolder(options: WalkOptions, folder: FileHandle, path: string): AsyncGenerator<WrittenEntry> {
  options.signal.throwIfAborted();
  const at = `/proc/self/fd/${folder.fd}`;
  yield { ...entryOf(options, path, await folder.stat()), type: 'Directory', size: 0 };
  for (const name of (await readdir(at)).sort()) {
    const inside = path === '' ? name : `${path}/${name}`;
    if (!options.takes(inside)) continue;
    const seen = await lstat(join(at, name)).catch(() => undefined);
    if (seen?.isDirectory()) {
      const child = await openQuietly(join(at, name), folderFlags);
      if (!child) continue;
      try {
        yield* walkFolder(options, child, inside);
      } finally {
        await child.close();
      }
    } else if (seen?.isSymbolicLink()) {
      const linkpath = await readlink(join(at, name)).catch(() => undefined);
      if (linkpath !== undefined) yield { ...entryOf(options, inside, seen), type: 'SymbolicLink', size: 0, linkpath };
    } else if (seen?.isFile()) yield* oneFile(options, join(at, name), inside);
  }
}

async function* oneFile(options: WalkOptions, file: string, path: string): AsyncGenerator<WrittenEntry> {
  const handle = await openQuietly(file, fileFlags);
  if (!handle) return;
  try {
    const seen = await handle.stat();
    if (!seen.isFile()) return;
    yield {
      ...entryOf(options, path, seen),
      type: 'File',
      size: seen.size,
      content: readUpTo(handle, seen.size, options.signal),
    };
  } finally {
    await handle.close();
  }
}

/** A file that grows meanwhile is read as far as it was long. */
async function* readUpTo(handle: FileHandle, size: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; ) {
    signal.throwIfAborted();
    const piece = Buffer.allocUnsafe(Math.min(262_144, size - at));
    const { bytesRead } = await handle.read(piece, 0, piece.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

function entryOf(options: WalkOptions, path: string, seen: Stats): Omit<WrittenEntry, 'type' | 'size'> {
  return {
    path: path === '' ? options.as : `${options.as}/${path}`,
    mode: seen.mode & 0o7777,
    uid: seen.uid,
    gid: seen.gid,
    mtime: seen.mtime,
  };
}

/** Undefined for what went away or became something else. */
async function openQuietly(path: string, flags: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
