import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  readonly url: string;
  /** Removes it, ending connections that are still open. */
  drop(): Promise<void>;
}

/** An empty database of its own in the run's PostgreSQL. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const adminUrl = inject('databaseUrl' as never) as string;
  const name = `test_${randomBytes(6).toString('hex')}`;
  await run(adminUrl, `create database ${name}`);
  // Not by URL: a connection string over a Unix socket has no host between `@` and `/`.
  const url = adminUrl.replace(/\/[^/?]*(?=\?|$)/, `/${name}`);
  return { url, drop: () => run(adminUrl, `drop database if exists ${name} with (force)`) };
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
