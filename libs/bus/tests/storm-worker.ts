import { setTimeout as pause } from 'node:timers/promises';
import { createDatabase, createPool, type Database, type Writer } from '@steading/db';
import { createLog, newRequestId, serviceCaller, systemClock } from '@steading/kit';
import { createBus, emit, type HouseEvent, type Listener } from '#src/index.ts';
import { randomFrom } from './storm/random.ts';
import {
  addEffect,
  addPoison,
  addTry,
  countTries,
  damaged,
  isCured,
  isEnough,
  keys,
  nextOfKey,
  ownId,
  Told,
  type WorkerSettings,
} from './storm/world.ts';

/** One process of a house in a storm, to be killed at any moment: `storm-worker.ts <WorkerSettings as JSON>`. */
const settings = JSON.parse(process.argv[2] ?? '{}') as WorkerSettings;
const log = createLog({ level: 'silent' });
const pool = createPool({ url: settings.url, max: 4, log });
const plain = createDatabase(pool, { log });
const random = randomFrom(settings.seed);
const caller = serviceCaller('storm', newRequestId());

/** The database as a broken bus would use it; as it is where nothing is broken. */
function breakable(db: Database): Database {
  const { defect } = settings;
  if (!defect) return db;
  const wrap = <T extends Pick<Database, 'all' | 'first'> & Partial<Writer>>(inner: T): T => ({
    ...inner,
    all: (each, ...params) => inner.all({ ...each, text: damaged(each.text, each.name, defect) }, ...params),
    first: (each, ...params) => inner.first({ ...each, text: damaged(each.text, each.name, defect) }, ...params),
  });
  return { ...wrap(db), write: (work) => db.write((tx) => work(wrap(tx))) };
}

async function apply(consumer: string, event: HouseEvent, tx: Writer): Promise<void> {
  const { n } = Told.schema.parse(event.data);
  if (settings.defect === 'commits-effects-on-their-own') {
    await plain.write((own) => own.run(addEffect, consumer, event.key, n));
    // So that a kill meets one that is done and not marked.
    await pause(15);
  } else await tx.run(addEffect, consumer, event.key, n);
}

const plainListener: Listener = {
  consumer: 'storm.plain',
  events: [Told],
  handle: (event, tx) => apply('storm.plain', event, tx),
};

/** Fails at the first try of some events, and at every try of poisonous ones until they are cured. */
const sicklyListener: Listener = {
  consumer: 'storm.sickly',
  events: [Told],
  maxAttempts: 4,
  async handle(event, tx) {
    const { n, poisonous } = Told.schema.parse(event.data);
    await apply('storm.sickly', event, tx);
    if (poisonous && !(await tx.first(isCured))) throw new Error('poison');
    if (n % (settings.events > 1_000 ? 25 : 4) !== 0) return;
    await plain.write((own) => own.run(addTry, 'storm.sickly', event.key, n));
    const tries = (await plain.first(countTries, 'storm.sickly', event.key, n))?.tries ?? 0;
    if (tries === 1) throw new Error('not at the first try');
  },
};

class Undone extends Error {}

/** Tells one event as a service would: under the lock of what it is about, in the transaction of the change. */
async function tell(): Promise<void> {
  const key = keys[Math.floor(random() * keys.length)] ?? '';
  const late = settings.late && random() < (settings.defect ? 0.4 : 0.15);
  const undone = random() < 0.05;
  const poisonous = !settings.defect && random() < 0.01;
  await plain.write(async (tx) => {
    if (late) {
      await tx.first(ownId);
      await pause(random() * 120);
    }
    const { n } = (await tx.first(nextOfKey, key)) ?? { n: 0 };
    if (poisonous) await tx.run(addPoison, key, n);
    await emit(tx, 'storm', Told, { key, caller, data: { n, poisonous } });
    if (late) await pause(random() * 40);
    if (undone) throw new Undone();
  });
}

async function tellUnlessEnough(): Promise<void> {
  if (!(await plain.first(isEnough, settings.events))?.enough) await tell();
}

async function publish(): Promise<void> {
  for (;;) {
    // A storm is full of lost connections: who could not tell changed nothing, and goes on.
    await tellUnlessEnough().catch(() => {});
    await pause(random() * settings.paceMs);
  }
}

if (settings.role === 'publisher') {
  process.send?.('ready');
  await Promise.all(Array.from({ length: 4 }, publish));
} else {
  const bus = createBus({ transport: settings.transport, pool, db: breakable(plain), clock: systemClock, log });
  if (settings.role === 'consumer') bus.listen('storm', [plainListener, sicklyListener]);
  await bus.start();
  process.send?.('ready');
  setInterval(() => {}, 60_000);
}
