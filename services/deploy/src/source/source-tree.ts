/** A checked-out source as a tree of files: its size, its links, and what detection wants to read. */
import type { Dirent } from 'node:fs';
import { lstat, open, readdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { SourceListing } from '#src/builder/listing.ts';

export const treeLimits = { entries: 200_000 };
const readForDetection = ['package.json', '.nvmrc', '.node-version', 'Procfile', 'pnpm-lock.yaml', 'yarn.lock'];
const maxReadBytes = 256 * 1024;

/** Bytes of all files below a folder; stops counting beyond `enough`. Files that vanish meanwhile count nothing. */
export async function folderSize(folder: string, enough: number = Number.POSITIVE_INFINITY): Promise<number> {
  let bytes = 0;
  for await (const path of walk(folder)) {
    const found = await lstat(path.full).catch(() => undefined);
    if (found?.isFile()) bytes += found.size;
    if (bytes > enough) break;
  }
  return bytes;
}

/** The first symbolic link that leads out of the folder (or the first entry too many), or undefined. */
export async function findEscape(folder: string): Promise<string | undefined> {
  const root = await realpath(folder);
  let entries = 0;
  for await (const path of walk(root)) {
    if (++entries > treeLimits.entries) return `more than ${treeLimits.entries} files`;
    if (!path.entry.isSymbolicLink()) continue;
    if (await leadsOut(root, path.full)) return `the link ${relative(root, path.full)} leads out of it`;
  }
  return undefined;
}

/** Links that pass through more than this are followed by no system (path_resolution(7)). */
const mostHops = 40;

/**
 * Where the system would go from a link, step by step: what follows `..` decides after a link on the way was followed,
 * so that `up/../x` may lie elsewhere than it reads. What is absent is taken for a folder.
 */
async function leadsOut(root: string, link: string): Promise<boolean> {
  let at = dirname(link);
  const left = [basename(link)];
  for (let hops = 0; left.length > 0; ) {
    const step = left.shift()!;
    if (step === '' || step === '.') continue;
    if (step === '..') {
      if (at === root) return true;
      at = dirname(at);
      continue;
    }
    const next = join(at, step);
    const target = await readlink(next).catch(() => undefined);
    if (target === undefined) at = next;
    else if (target.startsWith('/')) return true;
    else if (++hops > mostHops) return false;
    else left.unshift(...target.split('/'));
  }
  return false;
}

/** What the builders' rules look at: names at the top, and the contents of a few small files. */
export async function listSource(folder: string): Promise<SourceListing> {
  const entries = await readdir(folder, { withFileTypes: true });
  const contents: Record<string, string> = {};
  for (const name of readForDetection) {
    if (entries.some((entry) => entry.name === name && entry.isFile()))
      contents[name] = await readHead(join(folder, name));
  }
  const nested = await Promise.all(
    ['public', 'src', 'dist', 'build']
      .filter((name) => entries.some((entry) => entry.name === name && entry.isDirectory()))
      .map(async (name) => (await readdir(join(folder, name))).map((child) => `${name}/${child}`)),
  );
  return { files: new Set([...entries.map((entry) => entry.name), ...nested.flat()]), contents };
}

/** A folder inside the source that a setting names. Undefined: it is not there, or a link leads out. */
export async function insideSource(source: string, folder: string): Promise<string | undefined> {
  if (folder === '' || folder === '.') return source;
  const root = await realpath(source);
  const found = await realpath(join(root, folder)).catch(() => undefined);
  if (!found?.startsWith(root + sep)) return undefined;
  return (await lstat(found)).isDirectory() ? found : undefined;
}

async function readHead(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(maxReadBytes);
    const { bytesRead } = await file.read(buffer, 0, maxReadBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function* walk(folder: string): AsyncGenerator<{ full: string; entry: Dirent }> {
  const waiting = [folder];
  while (waiting.length > 0) {
    const current = waiting.pop()!;
    const entries = await readdir(current, { withFileTypes: true }).catch(() => [] as Dirent[]);
    for (const entry of entries) {
      const full = join(current, entry.name);
      yield { full, entry };
      if (entry.isDirectory()) waiting.push(full);
    }
  }
}
