import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@steading/db';
import { createLog } from '@steading/kit';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A PostgreSQL for the whole run; every test file makes its own database in it. */
    readonly databaseUrl: string;
  }
}

/**
 * Starts one real PostgreSQL for a run of the tests, and stops it afterwards. With STEADING_TEST_DATABASE_URL the tests
 * make their databases in a server of yours, of another version for example; its user must be a superuser.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const own = process.env.STEADING_TEST_DATABASE_URL;
  if (own) {
    project.provide('databaseUrl', own);
    return async () => {};
  }
  const folder = mkdtempSync(join(tmpdir(), 'steading-test-'));
  chmodSync(folder, 0o711);
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    log: createLog({ level: 'warn' }),
    // Several houses at once, some of them of several processes.
    maxConnections: 300,
    durable: false,
  });
  project.provide('databaseUrl', postgres.url);
  return async () => {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
