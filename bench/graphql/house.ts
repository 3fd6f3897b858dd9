import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPool } from '@steading/db';
import { houseCommand } from '@steading/house/command';
import { createLog } from '@steading/kit';

const password = 'correct horse battery staple';
export const spaceCount = 10;
export const memberCount = 20;

/** Starts a house as the command line does, on this database; resolves when it is ready. */
export async function startHouse(options: {
  readonly databaseUrl: string;
  readonly dataDir: string;
  readonly port: number;
  /** For a look inside: `--cpu-prof`. */
  readonly nodeArgs?: readonly string[];
}) {
  const { databaseUrl, dataDir, port, nodeArgs = [] } = options;
  const url = `http://localhost:${port}`;
  mkdirSync(dataDir, { recursive: true });
  const logFile = join(dataDir, 'house.log');
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, houseCommand(nodeArgs), {
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '/tmp',
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      STEADING_DATA: dataDir,
      STEADING_HTTP_PORT: String(port),
      STEADING_PUBLIC_URL: url,
      STEADING_BIND: '127.0.0.1',
      STEADING_LOG_LEVEL: 'warn',
      // One address sends everything here; what is measured is the way in, not its limits.
      STEADING_REQUESTS_PER_MINUTE: '1000000',
      STEADING_ADDRESS_PER_MINUTE: '1000000',
      STEADING_SIGN_IN_PER_MINUTE: '1000000',
    },
  });
  for (const end = Date.now() + 60_000; ; ) {
    const ready = await fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) break;
    if (child.exitCode !== null || Date.now() > end) {
      child.kill('SIGTERM');
      throw new Error(`the house did not start:\n${readFileSync(logFile, 'utf8').slice(-3000)}`);
    }
    await new Promise((next) => setTimeout(next, 100));
  }
  return { url, pid: child.pid!, stop: () => child.kill('SIGTERM') };
}

/**
 * Ten spaces of twenty members each. The first person and the spaces come through the doors that people use; the other
 * members, who only stand in lists here, are put into the tables. Gives the first person's cookie.
 */
export async function fillHouse(url: string, dataDir: string, databaseUrl: string): Promise<string> {
  const token = new URL(readFileSync(join(dataDir, 'setup-link'), 'utf8').trim()).hash.slice(1);
  const ada = await enter(url, '/auth/setup', { token, name: 'Ada 1', email: 'ada1@example.org', password });
  for (let index = 0; index < spaceCount; index++)
    await ask(url, ada, 'mutation ($input: CreateSpaceInput!) { createSpace(input: $input) { id } }', {
      input: { nameId: `garden-${index}`, name: `Garden ${index}`, tagline: 'Measured', privacy: 'public' },
    });
  const pool = createPool({ url: databaseUrl, max: 1, log: createLog({ level: 'silent' }) });
  await pool.query(
    `insert into identity.people select (jsonb_populate_record(p, jsonb_build_object('id', 'usr_' || n, 'name',
       'Ada ' || n, 'email', 'ada' || n || '@example.org', 'email_key', 'ada' || n || '@example.org'))).*
       from identity.people p, generate_series(2, $1::int) n`,
    [memberCount],
  );
  await pool.query(
    `insert into spaces.members select s.id, 'usr_' || n, 'member', now() + n * interval '1 ms'
       from spaces.spaces s, generate_series(2, $1::int) n`,
    [memberCount],
  );
  await pool.query('analyze');
  await pool.end();
  return ada;
}

async function enter(url: string, path: string, body: unknown): Promise<string> {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

async function ask<T>(url: string, cookie: string, query: string, variables: Record<string, unknown>): Promise<T> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, cookie },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await answer.json()) as { data: T; errors?: { message: string }[] };
  if (errors) throw new Error(`${query}: ${JSON.stringify(errors)}`);
  return data;
}
