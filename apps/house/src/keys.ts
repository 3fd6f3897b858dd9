import { hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The house's one secret outside the database: 32 random bytes in `master.key`, made at the first start, readable by
 * its owner only. Keys for single purposes are derived from it (HKDF-SHA-256, RFC 5869), so that none opens another's door.
 * @param given a file that several machines of a house were given with the key in it; the folder gets a copy, for back-ups.
 */
export function openMasterKey(folder: string, given?: string): (purpose: string) => Buffer {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'master.key');
  const wanted = given === undefined ? undefined : readGiven(given);
  const master = read(file) ?? make(file, wanted ?? randomBytes(32));
  if (wanted && !wanted.equals(master))
    throw new Error(
      `${file} and ${given} differ, so one of them belongs to another house. Name the folder or the file of this one.`,
    );
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

function readGiven(file: string): Buffer {
  const key = read(file);
  if (key?.length === 32) return key;
  throw new Error(
    `STEADING_MASTER_KEY_FILE: ${file} ${key ? `has ${key.length} bytes` : 'is not there'}; it must hold 32 random bytes. Make it once: openssl rand -out master.key 32`,
  );
}

/** Written beside and linked into place: two processes that start together end with the same key. */
function make(file: string, key: Buffer): Buffer {
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, key, { mode: 0o400, flush: true });
  try {
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(fresh);
  }
  return readFileSync(file);
}
