import { createWriteStream } from 'node:fs';
import { chmod, chown, lchown, lutimes, mkdir, symlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Entry, ReadEntry } from '#src/archive/tar.ts';
import { BackupProblem } from '#src/backup-problem.ts';
import { entryNames } from '#src/manifest.ts';

export interface Unpacking {
  file(entry: ReadEntry): Promise<void>;
  /** Links, and modes and times of folders: last, so that nothing is written through a link or kept out by a mode. */
  finish(): Promise<void>;
}

/** Writes files below an empty folder that nobody else writes to. Owners are given back only as root. */
export function unpackTo(folder: string, options: { tops: readonly string[] }): Unpacking {
  const links: { at: string; entry: Entry }[] = [];
  const folders = new Map<string, Entry>();
  const isRoot = process.getuid?.() === 0;

  return {
    async file(entry) {
      const path = insidePath(entry.path, options.tops);
      const at = join(folder, path);
      if (entry.type === 'SymbolicLink') return void links.push({ at, entry });
      if (entry.type === 'Directory') {
        await mkdir(at, { recursive: true, mode: 0o700 });
        return void folders.set(at, entry);
      }
      await mkdir(dirname(at), { recursive: true, mode: 0o700 });
      await pipeline(Readable.from(entry.content), createWriteStream(at, { flags: 'wx', mode: 0o600 }));
      if (isRoot) await chown(at, entry.uid, entry.gid);
      // No file of a house needs the rights of its owner, and who made a back-up is not known.
      await chmod(at, entry.mode & 0o777);
      await utimes(at, entry.mtime, entry.mtime);
    },
    async finish() {
      // Every folder before the first link: so none is made through another.
      for (const { at } of links) await mkdir(dirname(at), { recursive: true, mode: 0o700 });
      for (const { at, entry } of links) {
        await symlink(entry.linkpath ?? '', at).catch(refuseSecond(entry));
        if (isRoot) await lchown(at, entry.uid, entry.gid);
        await lutimes(at, entry.mtime, entry.mtime);
      }
      for (const [at, entry] of [...folders].reverse()) {
        if (isRoot) await chown(at, entry.uid, entry.gid);
        await chmod(at, entry.mode);
        await utimes(at, entry.mtime, entry.mtime);
      }
    },
  };
}

/** Two entries cannot have one place. */
function refuseSecond(entry: Entry): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code === 'EEXIST') throw damaged(entry.path);
    throw error;
  };
}

function damaged(path: string): BackupProblem {
  return new BackupProblem(`The back-up is damaged: it holds a file at ${JSON.stringify(path.slice(0, 100))}.`);
}

/** The path below the data folder. @throws for one that leads out of it, or to what no back-up has. */
function insidePath(path: string, tops: readonly string[]): string {
  const [first, ...parts] = path.split('/');
  const odd = parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'));
  if (first !== entryNames.files || odd || !tops.includes(parts[0] ?? '')) throw damaged(path);
  return parts.join('/');
}
