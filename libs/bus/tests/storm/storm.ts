import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createDatabase, createPool, type Database, type Pool } from '@steading/db';
import { createLog, systemClock } from '@steading/kit';
import { createNatsServer, createTestDatabase, type NatsServer } from '@steading/testkit';
import { createBus, type Transport } from '#src/index.ts';
import { startDuplicates } from './duplicates.ts';
import { judge, type Verdict } from './judge.ts';
import { randomFrom } from './random.ts';
import {
  allEffects,
  allPoison,
  allTold,
  consumers,
  type Defect,
  isEnough,
  keys,
  tables,
  unheard,
  type WorkerSettings,
} from './world.ts';

export type Fault = 'publisher' | 'consumer' | 'relay' | 'nats' | 'lost store' | 'late commits' | 'duplicates';

export interface Storm {
  readonly kind: Transport['kind'];
  readonly faults: readonly Fault[];
  /** Events that are told before it is judged. */
  readonly events: number;
  readonly seed: number;
  readonly defect?: Defect;
}

export interface StormReport extends Verdict {
  readonly kills: number;
  readonly deadLetters: number;
  readonly seconds: number;
}

const stuckMs = 30_000;
const wholeHouse: readonly WorkerSettings['role'][] = ['publisher', 'publisher', 'consumer', 'consumer', 'relay'];
/** Enough to see that a bus is broken. */
const smallHouse: readonly WorkerSettings['role'][] = ['publisher', 'consumer'];

/**
 * A house of several processes that are killed at random while they tell and hear: publishers, consumers, the relay and
 * nats-server, whose store may be thrown away. Afterwards what listeners did is compared with what was told. Dead letters
 * are replayed at the end by a process that has no listeners.
 */
export async function runStorm(storm: Storm): Promise<StormReport> {
  const began = performance.now();
  const database = await createTestDatabase();
  const log = createLog({ level: 'silent' });
  const pool = createPool({ url: database.url, max: 3, log });
  const nats = storm.kind === 'nats' ? await createNatsServer() : undefined;
  const house = createProcesses(storm, { url: database.url, nats });
  try {
    const db = createDatabase(pool, { log });
    await pool.query(tables);
    await pool.query('insert into public.keys (key) select unnest($1::text[])', [keys]);
    await nats?.start();
    // The places of listeners are made before anything is told.
    await house.start('consumer');
    await Promise.all([house.start('publisher'), house.start('relay')]);
    const duplicates = storm.faults.includes('duplicates')
      ? await startDuplicates({ pool, natsUrl: nats?.url, random: randomFrom(storm.seed + 1) })
      : undefined;
    await house.killUntil(async () => (await db.first(isEnough, storm.events))?.enough === true);
    await house.end('publisher');
    await duplicates?.stop();
    await settle(db);
    const deadLetters = await replayAll({ pool, db });
    await settle(db);
    const poison = await db.all(allPoison);
    const verdict = judge({
      consumers,
      told: new Map((await db.all(allTold)).map(({ key, n }) => [key, n])),
      effects: await db.all(allEffects),
      outOfTurn: new Set(poison.map(({ key, n }) => `${key} ${n}`)),
    });
    return { ...verdict, kills: house.kills(), deadLetters, seconds: Math.round((performance.now() - began) / 1000) };
  } finally {
    for (const role of wholeHouse) await house.end(role);
    await nats?.remove();
    await pool.end();
    await database.drop();
  }
}

interface Processes {
  start(role: WorkerSettings['role']): Promise<void>;
  /** Kills at random until the condition holds, and at least three times where there is something to kill. */
  killUntil(isOver: () => Promise<boolean>): Promise<void>;
  end(role: WorkerSettings['role']): Promise<void>;
  kills(): number;
}

function createProcesses(storm: Storm, places: { url: string; nats: NatsServer | undefined }): Processes {
  const random = randomFrom(storm.seed);
  const { nats } = places;
  const transport: Transport = nats ? { kind: 'nats', url: nats.url } : { kind: 'postgres' };
  const roles = storm.defect ? smallHouse : wholeHouse;
  const children = new Map<number, ChildProcess>();
  let kills = 0;

  async function startOne(at: number): Promise<void> {
    const role = roles[at] ?? 'consumer';
    if (role === 'relay' && !nats) return;
    const settings: WorkerSettings = {
      ...{ role, url: places.url, transport, defect: storm.defect, late: storm.faults.includes('late commits') },
      seed: Math.floor(random() * 2 ** 31),
      events: storm.events,
      // Spreads the events over the kills.
      paceMs: storm.events > 1_000 ? 40 : 60,
    };
    const child = fork(join(import.meta.dirname, '../storm-worker.ts'), [JSON.stringify(settings)], {
      stdio: 'inherit',
    });
    children.set(at, child);
    await new Promise((resolve) => child.once('message', resolve).once('exit', resolve));
  }

  async function killOne(fault: Fault): Promise<void> {
    if (fault === 'nats' || fault === 'lost store') {
      await nats?.kill('SIGKILL');
      if (fault === 'lost store') nats?.loseStore();
      await pause(random() * 300);
      await nats?.start();
    } else {
      const places = [...children.keys()].filter((at) => roles[at] === fault);
      const at = places[Math.floor(random() * places.length)] ?? 0;
      await endChild(children.get(at));
      const started = startOne(at);
      // Some are not waited for: they may be killed while they start.
      if (random() < 0.8) await started;
    }
    kills++;
  }

  return {
    async start(role) {
      await Promise.all(roles.map((each, at) => (each === role ? startOne(at) : undefined)));
    },
    async killUntil(isOver) {
      const faults = storm.faults.filter((fault) => fault !== 'late commits' && fault !== 'duplicates');
      for (let round = 0; (faults.length > 0 && round < Math.max(3, faults.length)) || !(await isOver()); round++) {
        await pause(200 + random() * 600);
        // Each at least once, then at random.
        const fault = faults[round] ?? faults[Math.floor(random() * faults.length)];
        if (fault) await killOne(fault);
      }
    },
    async end(role) {
      for (const [at, child] of children) if (roles[at] === role) await endChild(child);
    },
    kills: () => kills,
  };
}

async function endChild(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** Until nobody has anything left to hear, or nothing moves any more. What is not heard by then counts as lost. */
async function settle(db: Database): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let movedAt = performance.now();
  while (least > 0 && performance.now() - movedAt < stuckMs) {
    const { left } = (await db.first(unheard)) ?? { left: 0 };
    if (left < least) movedAt = performance.now();
    least = Math.min(left, least);
    await pause(50);
  }
}

async function replayAll({ pool, db }: { pool: Pool; db: Database }): Promise<number> {
  const bus = createBus({
    ...{ transport: { kind: 'postgres' }, pool, db, clock: systemClock },
    log: createLog({ level: 'silent' }),
  });
  await pool.query('insert into public.cured values (now())');
  const letters = await bus.deadLetters.list(500);
  for (const { id } of letters) await bus.deadLetters.replay(id);
  return letters.length;
}
