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
      await chmod(at, entry.mode);
      await utimes(at, entry.mtime, entry.mtime);
    },
    async finish() {
      for (const { at, entry } of links) {
        await mkdir(dirname(at), { recursive: true, mode: 0o700 });
        await symlink(entry.linkpath ?? '', at);
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

/** The path below the data folder. @throws for one that leads out of it, or to what no back-up has. */
function insidePath(path: string, tops: readonly string[]): string {
  const [first, ...parts] = path.split('/');
  const odd = parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'));
  if (first !== entryNames.files || odd || !tops.includes(parts[0] ?? ''))
    throw new BackupProblem(`The back-up is damaged: it holds a file at ${JSON.stringify(path.slice(0, 100))}.`);
  return parts.join('/');
}
