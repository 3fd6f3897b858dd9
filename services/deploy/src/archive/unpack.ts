/** An uploaded archive becomes a folder, or nothing at all. */
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArchiveLimits, ArchiveProblem, archiveLimits } from '#src/archive/archive-limits.ts';
import type { UnpackOptions } from '#src/archive/unpack-tar.ts';
import { findEscape } from '#src/source/source-tree.ts';

/**
 * Unpacks tar.gz or zip, told apart by their first bytes. `target` comes into being only when all of it is there.
 * A single folder at the top is taken off, as forges and many people pack it.
 * @throws `ArchiveProblem`
 */
export async function unpackArchive(options: {
  file: string;
  target: string;
  limits?: ArchiveLimits;
  signal: AbortSignal;
}): Promise<void> {
  const { file, signal, limits = archiveLimits } = options;
  const kind = await archiveKind(file);
  const half = `${options.target}.half`;
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { recursive: true });
  try {
    const work = { file, target: half, packedBytes: (await stat(file)).size, limits, signal };
    await unpack[kind](work);
    const root = await singleFolder(half);
    const leak = await findEscape(root);
    if (leak) throw new ArchiveProblem(`${leak}.`);
    await rename(root, options.target);
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}

/** Their libraries are loaded with the first archive: most houses are given none. */
const unpack = {
  tar: async (work: UnpackOptions) => (await import('#src/archive/unpack-tar.ts')).unpackTar(work),
  zip: async (work: UnpackOptions) => (await import('#src/archive/unpack-zip.ts')).unpackZip(work),
};

async function archiveKind(file: string): Promise<'tar' | 'zip'> {
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(4);
    await handle.read(head, 0, 4, 0);
    if (head[0] === 0x1f && head[1] === 0x8b) return 'tar';
    if (head[0] === 0x50 && head[1] === 0x4b) return 'zip';
    throw new ArchiveProblem('it is neither tar.gz nor zip.');
  } finally {
    await handle.close();
  }
}

async function singleFolder(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  const only = entries.length === 1 ? entries[0]! : undefined;
  return only?.isDirectory() ? join(folder, only.name) : folder;
}
