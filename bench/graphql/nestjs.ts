import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createPool } from '@steading/db';
import { createLog } from '@steading/kit';
import { memberCount, spaceCount } from './house.ts';
import { send } from './load.ts';

const folder = join(import.meta.dirname, 'peers/nestjs');
export const peerCookie = 'session=measured';

/** Installs the peer where it is not yet, and builds it. Prisma 7 runs without engines: the named binary only keeps it from fetching one. */
export function buildPeer(): void {
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' };
  const run = (command: string, args: string[]) => execFileSync(command, args, { cwd: folder, env, stdio: 'inherit' });
  if (!existsSync(join(folder, 'node_modules/@nestjs/core')))
    run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock']);
  run('npm', ['run', '--silent', 'build']);
}

/** The same people, spaces and members as the house has, in the peer's own tables. */
export async function fillPeer(databaseUrl: string): Promise<void> {
  const pool = createPool({ url: databaseUrl, max: 1, log: createLog({ level: 'silent' }) });
  await pool.query(`
    create table "Person" (id text primary key, name text not null, email text not null unique);
    create table "Session" ("tokenHash" text primary key, "personId" text not null references "Person",
      "expiresAt" timestamp(3) not null);
    create table "Space" (id text primary key, "nameId" text not null unique, name text not null,
      "createdAt" timestamp(3) not null);
    create table "Member" ("spaceId" text not null references "Space", "personId" text not null references "Person",
      role text not null, since timestamp(3) not null, primary key ("spaceId", "personId"));
    create index on "Member" ("personId")`);
  await pool.query(
    `insert into "Person" select 'usr_' || n, 'Ada ' || n, 'ada' || n || '@example.org' from generate_series(1, $1::int) n`,
    [memberCount],
  );
  await pool.query(
    `insert into "Space" select 'spc_' || n, 'garden-' || n, 'Garden ' || n, now() from generate_series(0, $1::int - 1) n`,
    [spaceCount],
  );
  await pool.query(
    `insert into "Member" select s.id, p.id, case p.id when 'usr_1' then 'owner' else 'member' end, now()
       from "Space" s, "Person" p`,
  );
  const hash = createHash('sha256').update('measured').digest('hex');
  await pool.query(`insert into "Session" values ($1, 'usr_1', now() + interval '1 day')`, [hash]);
  await pool.query('analyze');
  await pool.end();
}

export async function startPeer(databaseUrl: string, port: number) {
  const child = spawn(process.execPath, ['dist/main.js'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production', DATABASE_URL: databaseUrl, PORT: String(port) },
  });
  const url = `http://127.0.0.1:${port}`;
  const probe = {
    url: `${url}/graphql`,
    headers: { cookie: peerCookie },
    body: JSON.stringify({ query: '{ viewer { person { id } } }' }),
  };
  for (const end = Date.now() + 30_000; ; ) {
    const up = await send(probe).then(
      () => true,
      (error: Error) => error,
    );
    if (up === true) break;
    if (child.exitCode !== null || Date.now() > end) {
      child.kill('SIGKILL');
      throw new Error('the NestJS peer did not start', { cause: up });
    }
    await new Promise((next) => setTimeout(next, 100));
  }
  return { url, pid: child.pid!, stop: () => child.kill('SIGTERM') };
}
