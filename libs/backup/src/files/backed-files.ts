import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Summing } from '#src/archive/sum.ts';
import type { Entry, WrittenEntry } from '#src/archive/tar.ts';
import { immutableEntry, leadsToImmutable, takenPaths } from '#src/files/taken-paths.ts';
import { walk } from '#src/files/walk.ts';
import { entryNames } from '#src/manifest.ts';
import type { BackedFolder } from '#src/parts.ts';

export interface BackedFiles {
  /** What never changes, before the database is looked at. */
  before(): AsyncGenerator<WrittenEntry>;
  /** What came of that meanwhile, and everything else: once, after the snapshot. */
  after(): AsyncGenerator<WrittenEntry>;
}

/**
 * The files of a data folder in two rounds around the database's snapshot. A file that a row of the snapshot names was
 * there at its moment (services write files first and rows second, and remove in the opposite order), so it is met by the
 * first round, or, if it is younger, by the second.
 */
export function backedFiles(options: {
  dataDir: string;
  folders: readonly BackedFolder[];
  sum: Summing;
  signal: AbortSignal;
}): BackedFiles {
  const { dataDir, folders, sum, signal } = options;
  const taken = new Set<string>();

  async function* round(takes: (folder: BackedFolder, path: string) => boolean): AsyncGenerator<WrittenEntry> {
    for (const folder of folders) {
      const isTaken = takenPaths(folder);
      const entries = walk({
        folder: join(dataDir, folder.path),
        as: `${entryNames.files}/${folder.path}`,
        takes: (path) => isTaken(path) && takes(folder, path),
        signal,
      });
      for await (const entry of entries) yield summed(entry, sum);
    }
  }

  return {
    before: () =>
      round((folder, path) => {
        const entry = immutableEntry(folder, path);
        if (entry) taken.add(`${folder.path}/${entry}`);
        return leadsToImmutable(folder, path);
      }),
    after: () =>
      round((folder, path) => {
        const entry = immutableEntry(folder, path);
        return !entry || !taken.has(`${folder.path}/${entry}`);
      }),
  };
}

/** The entry with exactly as many bytes as it says, counted into the sum once they have passed. */
export function summed(entry: WrittenEntry, sum: Summing): WrittenEntry {
  if (entry.type !== 'File') {
    sum.add(itemOf(entry, entry.linkpath ?? ''));
    return entry;
  }
  return { ...entry, content: exactly(entry, sum) };
}

/** What the sum of files is made of. */
export function itemOf(entry: Entry, content: string): string {
  return [entry.path, entry.type, entry.mode.toString(8), entry.size, content].join('\0');
}

async function* exactly(entry: WrittenEntry, sum: Summing): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let left = entry.size;
  for await (const piece of entry.content ?? []) {
    const part = piece.length > left ? piece.subarray(0, left) : piece;
    left -= part.length;
    hash.update(part);
    yield part;
  }
  while (left > 0) {
    const zeros = Buffer.alloc(Math.min(left, 65_536));
    left -= zeros.length;
    hash.update(zeros);
    yield zeros;
  }
  sum.add(itemOf(entry, hash.digest('hex')));
}
