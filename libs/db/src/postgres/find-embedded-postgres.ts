import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { embeddedUrl } from '#src/postgres/embedded-url.ts';

/**
 * The address of the server that another process of this machine runs on a folder, or undefined where none does. From
 * `postmaster.pid`: process, folder, start, port, socket's folder, a line each. The URL holds the password.
 */
export async function findEmbeddedPostgres(dataDir: string): Promise<string | undefined> {
  try {
    const lines = (await readFile(join(dataDir, 'data', 'postmaster.pid'), 'utf8')).split('\n');
    const password = await readFile(join(dataDir, 'password'), 'utf8');
    process.kill(Number(lines[0]), 0);
    const socketFolder = lines[4]?.trim();
    return embeddedUrl({ password, port: Number(lines[3]), ...(socketFolder && { socketFolder }) });
  } catch {
    return undefined;
  }
}
