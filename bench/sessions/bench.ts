/**
 * Who asks? Sessions looked up from the gateway's memory and for the first time, beside express-session over
 * connect-pg-simple on the same PostgreSQL, and beside what needs no look-up at all: a signed token (jose) and a sealed
 * one (iron-session). Each server is also asked where it looks at no session, so that what is compared is the session and
 * not the framework. Then signing in, with the same hash everywhere, and how long an ended session is still taken.
 * Limit: refused within a second.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePorts } from '@steading/acceptance';
import { createPool, startEmbeddedPostgres } from '@steading/db';
import { createLog } from '@steading/kit';
import { fillHouse, memberCount, startHouse } from '../graphql/house.ts';
import { type Measured, measure, post, untilRefused } from './load.ts';

const sessions = Number(process.env.SESSIONS ?? 2_000);
const asks = Number(process.env.ASKS ?? 15_000);
const signIns = Number(process.env.SIGN_INS ?? 20);
const revocations = 10;
const limitMs = 1_000;
const password = 'correct horse battery staple';

interface Server {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly who: string;
  /** Where nobody is looked at; at the house, nor counted. */
  readonly open: string;
  stop(): void;
}

const log = createLog({ level: 'error' });
const folder = mkdtempSync(join(tmpdir(), 'steading-sessions-'));
chmodSync(folder, 0o711);
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log });
const pool = createPool({ url: postgres.url, max: 4, log });
const peerFolder = join(import.meta.dirname, 'peers');
const servers: Server[] = [];
const failures: string[] = [];
try {
  const house = await startOurs();
  const peers = [await startPeer('rows'), await startPeer('signed'), await startPeer('sealed')];
  console.log(`${sessions} sessions, ${asks} questions over 16 connections; microseconds are the server's own time\n`);
  const ours = await compare(house, await plantSessions(2 * sessions), true);
  for (const peer of peers) {
    const cookies = await many(2 * sessions, () => post(`${peer.url}/make`, {}));
    const theirs = await compare(peer, cookies, peer === peers[0]);
    console.log(
      `  ${peer.name}: ${ratio(theirs.warm.cpuUs, ours.warm.cpuUs)} of the house's time in all, ${ratio(theirs.warm.perSecond, ours.warm.perSecond)} of its answers a second\n`,
    );
  }
  await compareSignIns(house, peers[0]!);
  await compareEndings(house, peers[0]!);
} finally {
  for (const server of servers) server.stop();
  await pool.end();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
if (failures.length > 0) {
  console.error(`Past the limit: ${failures.join('; ')}`);
  process.exitCode = 1;
}

async function startOurs(): Promise<Server> {
  const [port = 0] = await freePorts(1);
  const dataDir = join(folder, 'house');
  const house = await startHouse({ databaseUrl: postgres.url, dataDir, port });
  const path = '/.well-known/steading-app-keys.json';
  const server = { name: 'the house', ...house, who: house.url + path, open: `${house.url}/livez` };
  servers.push(server);
  await fillHouse(house.url, dataDir, postgres.url);
  await addPeople();
  return server;
}

async function startPeer(kind: 'rows' | 'signed' | 'sealed'): Promise<Server> {
  if (!existsSync(join(peerFolder, 'node_modules/express-session')))
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], {
      cwd: peerFolder,
      stdio: 'inherit',
    });
  const child = spawn(process.execPath, [join(peerFolder, 'server.js'), kind, postgres.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const [port] = await new Promise<string[]>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the peer ${kind} did not start`)));
    createInterface({ input: child.stdout! }).once('line', (line) => resolve([line]));
  });
  const names = { rows: 'express-session, connect-pg-simple', signed: 'jose', sealed: 'iron-session' };
  const url = `http://127.0.0.1:${port}`;
  const server = {
    ...{ name: names[kind], url, pid: child.pid!, who: `${url}/who`, open: `${url}/open` },
    stop: () => child.kill('SIGTERM'),
  };
  servers.push(server);
  return server;
}

/** So many that nobody comes to the fifty sessions at which the oldest is ended; all with the first one's password. */
async function addPeople(): Promise<void> {
  await pool.query(
    `insert into identity.people select (jsonb_populate_record(p, jsonb_build_object('id', 'usr_bench' || n, 'name',
       'Bea ' || n, 'email', 'bea' || n || '@example.org', 'email_key', 'bea' || n || '@example.org'))).*
       from identity.people p, generate_series(1, $1::int) n where p.email_key = 'ada1@example.org'`,
    [Math.ceil(sessions / 10)],
  );
}

/** Rows as signing in leaves them; the cookies. */
async function plantSessions(count: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>("select id from identity.people where id like 'usr_bench%'");
  const made = Array.from({ length: count }, (_, at) => ({
    token: randomBytes(32).toString('base64url'),
    person: rows[at % rows.length]!.id,
    id: `ses_${String(at).padStart(8, '0')}${randomBytes(4).toString('hex')}`,
  }));
  await pool.query(
    `insert into identity.sessions (id, token_hash, person_id, device, user_agent, address, created_at, last_seen_at, expires_at)
     select unnest($1::text[]), unnest($2::bytea[]), unnest($3::text[]), 'bench', '', null, now(), now(), now() + interval '7 days'`,
    [
      made.map(({ id }) => id),
      made.map(({ token }) => createHash('sha256').update(token).digest()),
      made.map(({ person }) => person),
    ],
  );
  return made.map(({ token }) => `steading_session=${token}`);
}

async function compare(server: Server, cookies: readonly string[], hasCold: boolean) {
  const { pid, who, open } = server;
  // The first half loads and compiles what all need; then it is known, and the other half is not.
  const [known, fresh] = [cookies.slice(0, cookies.length / 2), cookies.slice(cookies.length / 2)];
  await measure({ url: who, cookies: known, pid }, asks);
  await measure({ url: open, cookies: [], pid }, asks);
  const cold = hasCold ? await measure({ url: who, cookies: fresh, pid }, fresh.length) : undefined;
  const bare = await measure({ url: open, cookies: [], pid }, asks);
  const warm = await measure({ url: who, cookies: known, pid }, asks);
  console.log(`${server.name}`);
  show('no session', bare);
  if (cold) show('each for the first time', cold, bare);
  show(`${known.length} in turn`, warm, bare);
  return { bare, warm };
}

function show(what: string, { perSecond, p50Ms, p99Ms, cpuUs }: Measured, bare?: Measured): void {
  const session = bare ? `, ${Math.round(cpuUs - bare.cpuUs)} µs of them for the session` : '';
  console.log(
    `  ${what.padEnd(24)} ${String(Math.round(perSecond)).padStart(6)}/s  p50 ${p50Ms.toFixed(2)} ms  p99 ${p99Ms.toFixed(2)} ms  ${Math.round(cpuUs)} µs${session}`,
  );
}

/** One after the other. Ten from each address: that is what the house allows one. */
async function compareSignIns(house: Server, peer: Server): Promise<void> {
  const timed = async (sign: (at: number) => Promise<unknown>) => {
    const times: number[] = [];
    for (let at = 0; at < signIns; at++) {
      const began = performance.now();
      await sign(at);
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b);
  };
  const here = await timed((at) => {
    const body = { email: `ada${(at % memberCount) + 1}@example.org`, password };
    return post(`${house.url.replace('localhost', '127.0.0.1')}/auth/sign-in`, body, `127.0.0.${2 + (at >> 3)}`);
  });
  const there = await timed(() => post(`${peer.url}/sign-in`, {}));
  const p50 = (times: number[]) => times[times.length >> 1]!;
  console.log(
    `signing in: p50 ${p50(here).toFixed(1)} ms, slowest ${here.at(-1)!.toFixed(1)} ms; ${peer.name} with the same hash ${p50(there).toFixed(1)} ms: ratio ${ratio(p50(here), p50(there))}`,
  );
}

async function compareEndings(house: Server, peer: Server): Promise<void> {
  const ours: number[] = [];
  for (let at = 0; at < revocations; at++) {
    const [cookie = ''] = await plantSessions(1);
    await measure({ url: house.who, cookies: [cookie], pid: house.pid }, 20);
    await post(`${house.url}/auth/sign-out`, {}, '127.0.0.1', cookie);
    const viewer = { query: '{ viewer { sessionId } }' };
    const isTaken = async () => (await post(`${house.url}/graphql`, viewer, '127.0.0.1', cookie)).includes('ses_');
    ours.push(await untilRefused(isTaken, 5_000));
  }
  const theirs: number[] = [];
  for (let at = 0; at < revocations; at++) {
    const cookie = await post(`${peer.url}/make`, {});
    await post(`${peer.url}/end`, {}, '127.0.0.1', cookie);
    const isTaken = async () => (await fetch(peer.who, { headers: { cookie } })).ok;
    theirs.push(await untilRefused(isTaken, 5_000));
  }
  const worst = Math.max(...ours);
  if (worst > limitMs) failures.push('an ended session is refused');
  console.log(
    `an ended session is refused ${worst.toFixed(1)} ms after the answer to its end, at the latest, of ${limitMs} ms: ratio ${ratio(worst, limitMs)}; ${peer.name}: ${Math.max(...theirs).toFixed(1)} ms; jose and iron-session: when it expires, not before`,
  );
}

async function many<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) made.push(...(await Promise.all(Array.from({ length: 16 }, make))));
  return made.slice(0, count);
}

function ratio(one: number, other: number): string {
  return (one / other).toFixed(2);
}
