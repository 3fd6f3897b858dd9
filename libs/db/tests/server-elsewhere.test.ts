import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@steading/kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, refuseServerElsewhere, startEmbeddedPostgres } from '#src/index.ts';

const log = createLog({ level: 'silent' });
const root = mkdtempSync(join(tmpdir(), 'pg-elsewhere-'));
const folder = join(root, 'house/postgres');
/** By another path its process is not known to be that of the folder, as in another container. */
const elsewhere = join(root, 'other/postgres');
let postgres: EmbeddedPostgres;

beforeAll(async () => {
  await chmod(root, 0o711);
  mkdirSync(join(root, 'house'), { mode: 0o711 });
  symlinkSync(join(root, 'house'), join(root, 'other'));
  postgres = await startEmbeddedPostgres({ dataDir: folder, log, durable: false });
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(root, { recursive: true, force: true });
});

test('a server that answers and cannot be seen from here is never joined by a second one', async () => {
  await refuseServerElsewhere(folder);
  await expect(refuseServerElsewhere(elsewhere)).rejects.toThrow(
    /Another house works on .*\/other, in another container/,
  );
  await expect(startEmbeddedPostgres({ dataDir: elsewhere, log })).rejects.toThrow(/Another house works on/);
  await refuseServerElsewhere(folder);
});

test('what a killed one left behind refuses nobody', async () => {
  process.kill(postgres.pid, 'SIGKILL');
  await postgres.stop();
  await refuseServerElsewhere(elsewhere);
  postgres = await startEmbeddedPostgres({ dataDir: elsewhere, log, durable: false });
});

test('what is done meanwhile fails in its own words, and its server keeps nobody out', async () => {
  await postgres.stop();
  const meanwhile = () => Promise.reject(new Error('no such module'));
  await expect(startEmbeddedPostgres({ dataDir: elsewhere, log, durable: false, meanwhile })).rejects.toThrow(
    /^no such module$/,
  );
  postgres = await startEmbeddedPostgres({ dataDir: elsewhere, log, durable: false });
});
