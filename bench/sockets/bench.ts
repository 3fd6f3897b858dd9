/**
 * Live connections of a whole house: what one at rest costs in memory, beside Socket.IO alone, and how late a message
 * is that is committed a thousand times a second for rooms of fifty. Messages go the whole way: the ledger in
 * PostgreSQL, the bus, the gateway's check, the sockets. Limits: 15 KB, 100 ms.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createBus } from '@steading/bus';
import { DeploymentChanged } from '@steading/contracts/deploy-events';
import { createDatabase, createPool, startEmbeddedPostgres } from '@steading/db';
import { createLog, newRequestId, serviceCaller, systemClock } from '@steading/kit';
import { fillHouse, startHouse } from '../graphql/house.ts';
import type { Heard, Opening } from './clients.ts';
import { collectGarbage } from './collect-garbage.ts';
import { makeRooms } from './rooms.ts';

const idle = Number(process.env.SOCKETS ?? 10_000);
const perRoom = 50;
const roomCount = Number(process.env.ROOMS ?? 20);
const perSecond = Number(process.env.MESSAGES ?? 1_000);
const seconds = Number(process.env.MEASURE_SECONDS ?? 10);
const limits = { kilobytes: 15, p99Ms: 100 };
/** A load process holds so many: its own files and its own core are not what is measured. */
const perProcess = 5_000;

const log = createLog({ level: 'error' });
const folder = mkdtempSync(join(tmpdir(), 'steading-sockets-'));
chmodSync(folder, 0o711);
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log });
const pool = createPool({ url: postgres.url, max: 8, log });
const port = await freePort();
const [houseInspector, peerInspector] = [await freePort(), await freePort()];
const house = await startHouse({
  databaseUrl: postgres.url,
  dataDir: join(folder, 'house'),
  port,
  nodeArgs: [`--inspect=127.0.0.1:${houseInspector}`],
});
const loads: ChildProcess[] = [];
const peer = spawn(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    `--inspect=127.0.0.1:${peerInspector}`,
    join(import.meta.dirname, 'peer.ts'),
  ],
  {
    stdio: ['ignore', 'pipe', 'ignore'],
  },
);
try {
  const cookie = await fillHouse(house.url, join(folder, 'house'), postgres.url);
  const rooms = await makeRooms(house.url, cookie, roomCount);
  const [peerPort] = await once(peer);

  const alone = await measureIdle(peer.pid!, peerInspector, { url: `http://127.0.0.1:${peerPort}`, cookie, rooms });
  const ours = await measureIdle(house.pid, houseInspector, { url: house.url, cookie, rooms });
  console.log(
    `${idle} at rest, each in a room: ${ours.toFixed(1)} KB each of ${limits.kilobytes} KB: ratio ${ratio(ours, limits.kilobytes)}`,
  );
  console.log(`Socket.IO alone: ${alone.toFixed(1)} KB each; ours to it: ratio ${ratio(ours, alone)}`);

  await openAll({ url: house.url, cookie, rooms, count: perRoom * roomCount });
  // The first ones load and compile what all need.
  await tellRooms(rooms, 2);
  await pause(5_000);
  await heard();
  const said = await tellRooms(rooms, seconds);
  await pause(2_000);
  const { messages, lateMs } = await heard();
  const [p50 = 0, p99 = 0, worst = 0] = lateMs;
  console.log(
    `${Math.round(said / seconds)} messages/s into rooms of ${perRoom}: ${Math.round(messages / seconds)} deliveries/s, ${said * perRoom - messages} lost; p50 ${p50.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`,
  );
  console.log(`p99 ${p99.toFixed(1)} ms of ${limits.p99Ms} ms: ratio ${ratio(p99, limits.p99Ms)}`);
  if (ours > limits.kilobytes || p99 > limits.p99Ms || messages !== said * perRoom) process.exitCode = 1;
} finally {
  closeAll();
  peer.kill('SIGTERM');
  house.stop();
  await pool.end();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

type Target = Omit<Opening, 'count' | 'namespace'>;

/** Memory of a process for each connection, in KB: before and after, each when it has come to rest. */
async function measureIdle(pid: number, inspector: number, target: Target): Promise<number> {
  // The first ones load and compile what all need.
  await openAll({ ...target, count: 200 });
  closeAll();
  const before = await restingKb(pid, inspector);
  await openAll({ ...target, count: idle });
  const after = await restingKb(pid, inspector);
  closeAll();
  return (after - before) / idle;
}

/** What is held after garbage was collected, twice, for the first time ends what waits to be finalised. */
async function restingKb(pid: number, inspector: number): Promise<number> {
  await pause(3_000);
  for (let round = 0; round < 2; round++) {
    await collectGarbage(inspector);
    await pause(2_000);
  }
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
}

async function openAll(opening: Omit<Opening, 'namespace'>): Promise<void> {
  for (let left = opening.count; left > 0; left -= perProcess) {
    const load = fork(join(import.meta.dirname, 'clients.ts'), { execArgv: ['--disable-warning=ExperimentalWarning'] });
    loads.push(load);
    load.send({ ...opening, namespace: '/deployments', count: Math.min(left, perProcess) } satisfies Opening);
    await answerOf<'open'>(load);
  }
}

function closeAll(): void {
  for (const load of loads.splice(0)) if (load.connected) load.send('close');
}

async function heard(): Promise<Heard> {
  const answers = loads.map((load) => {
    load.send('heard');
    return answerOf<Heard>(load);
  });
  const [only, ...others] = await Promise.all(answers);
  if (!only || others.length > 0) throw new Error('bug: rooms are heard by one process');
  return only;
}

function answerOf<T>(load: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    load.once('message', (answer) => resolve(answer as T));
    load.once('exit', (code) => reject(new Error(`the load process ended with ${code}`)));
  });
}

/** Commits messages at an even pace, each in a transaction of its own; gives how many. */
async function tellRooms(rooms: readonly string[], forSeconds: number): Promise<number> {
  const bus = createBus({
    transport: { kind: 'postgres' },
    pool,
    db: createDatabase(pool, { log }),
    clock: systemClock,
    log,
  });
  const teller = bus.forService('deploy');
  const db = createDatabase(pool, { log });
  const caller = serviceCaller('deploy', newRequestId());
  const began = performance.now();
  let told = 0;
  const work: Promise<void>[] = [];
  while (told < perSecond * forSeconds) {
    const due = Math.min(perSecond * forSeconds, Math.floor(((performance.now() - began) / 1000) * perSecond));
    for (; told < due; told++) {
      const appId = rooms[told % rooms.length]!;
      const data = { appId, deploymentId: `dep_${told}`, number: told, state: 'building' as const, at: now() };
      work.push(db.write((tx) => teller.emit(tx, DeploymentChanged, { key: appId, caller, data })));
    }
    await pause(2);
  }
  await Promise.all(work);
  return told;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function ratio(value: number, unit: number): string {
  return (value / unit).toFixed(2);
}

async function once(child: ChildProcess): Promise<string[]> {
  for await (const line of createInterface({ input: child.stdout! })) return [line];
  throw new Error('the peer did not start');
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: found } = server.address() as { port: number };
      server.close(() => done(found));
    });
  });
}
