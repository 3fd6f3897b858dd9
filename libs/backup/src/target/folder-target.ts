import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupProblem, isDiskFull } from '#src/backup-problem.ts';
import { type BackupTarget, inOrder, readName } from '#src/target/target.ts';

const unfinished = '.unfinished';

/** A folder, best on another disk. A back-up gets its name when all of it is on the disk. */
export function openFolderTarget(folder: string): BackupTarget {
  return {
    text: folder,
    async write(name, bytes, signal) {
      await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error) => {
        throw new BackupProblem(`The folder ${folder} cannot be used: ${(error as Error).message}.`, error);
      });
      const half = join(folder, `${name}${unfinished}`);
      try {
        const written = await writeAll(half, bytes, signal);
        await rename(half, join(folder, name));
        await syncFolder(folder);
        return written;
      } catch (error) {
        await rm(half, { force: true });
        if (isDiskFull(error))
          throw new BackupProblem(
            `The disk of ${folder} is full: the back-up was given up, and earlier ones are as they were. Free some space, or keep fewer.`,
            error,
          );
        throw error;
      }
    },
    async *read(name, signal) {
      try {
        for await (const piece of createReadStream(join(folder, name), { highWaterMark: 1 << 20, signal }))
          yield piece as Buffer;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT')
          throw new BackupProblem(`There is no ${name} in ${folder}.`, error);
        throw error;
      }
    },
    async list() {
      const names = (await readdir(folder).catch(() => [])).filter((name) => readName(name));
      return inOrder(
        await Promise.all(names.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size }))),
      );
    },
    remove: (name) => rm(join(folder, name), { force: true }),
    async clearRemains(houseId) {
      for (const name of await readdir(folder).catch(() => []))
        if (name.endsWith(unfinished) && readName(name.slice(0, -unfinished.length))?.houseId === houseId)
          await rm(join(folder, name), { force: true });
    },
  };
}

async function writeAll(file: string, bytes: AsyncIterable<Buffer>, signal: AbortSignal): Promise<number> {
  const handle = await open(file, 'wx', 0o600);
  try {
    let written = 0;
    for await (const piece of together(bytes)) {
      signal.throwIfAborted();
      await handle.writeFile(piece);
      written += piece.length;
    }
    await handle.sync();
    return written;
  } finally {
    await handle.close();
  }
}

/** Pieces of about a megabyte: a call for each 64 KiB costs more than copying them. */
async function* together(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const piece of bytes) {
    held.push(piece);
    size += piece.length;
    if (size < 1 << 20) continue;
    yield Buffer.concat(held);
    held = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(held);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
