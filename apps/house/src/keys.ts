import { hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The house's one secret outside the database: 32 random bytes in `master.key`, made at the first start, readable by
 * its owner only. Keys for single purposes are derived from it (HKDF-SHA-256, RFC 5869), so that none opens another's door.
 */
export function openMasterKey(folder: string): (purpose: string) => Buffer {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'master.key');
  const master = read(file) ?? make(file);
  if (master.length !== 32)
    throw new Error(
      `${file} is damaged: it must hold 32 bytes. Bring it back from your backup; without it no stored secret can be read.`,
    );
  return (purpose) => Buffer.from(hkdfSync('sha256', master, 'steading', purpose, 32));
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written beside and linked into place: two processes that start together end with the same key. */
function make(file: string): Buffer {
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, randomBytes(32), { mode: 0o400, flush: true });
  try {
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(fresh);
  }
  return readFileSync(file);
}
