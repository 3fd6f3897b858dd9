import type { Database, Pool } from '@steading/db';
import { migrate, type SchemaMigrations } from '@steading/db';
import type { Clock, Log, Timer } from '@steading/kit';
import type { BroadcastHandler, Bus, Listener } from '#src/bus.ts';
import { type Consumer, createConsumer } from '#src/consume/consumer.ts';
import { dropForgotten, keepConsumers } from '#src/consume/consumers-db.ts';
import { createDeadLetters, type DeadLetters } from '#src/consume/dead-letters.ts';
import type { EventDefinition, HouseEvent } from '#src/event.ts';
import { createAnnouncer } from '#src/ledger/announcer.ts';
import { emit } from '#src/ledger/emit.ts';
import { type ListenerLag, readLags } from '#src/ledger/lag.ts';
import { pruneLedger } from '#src/ledger/ledger-db.ts';
import { fitLedger } from '#src/ledger/rebase.ts';
import { createPostgresWake, type Wake } from '#src/wake/postgres-wake.ts';
import { createTail } from '#src/wake/tail.ts';

/** Its tables: brought up to date with those of the services, and by a bus that starts alone. */
export const busMigrations: SchemaMigrations = { schema: 'bus', folder: new URL('./migrations/', import.meta.url) };

export type Transport = { readonly kind: 'postgres' } | { readonly kind: 'nats'; readonly url: string };

export interface HouseBusOptions {
  readonly transport: Transport;
  readonly pool: Pool;
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
}

/** The events of one process: what its services tell and hear. */
export interface HouseBus {
  forService(name: string): Bus;
  /** Declares durable listeners; before `start`. */
  listen(service: string, listeners: readonly Listener[]): void;
  start(): Promise<void>;
  /** Lets running handlers finish their transaction. */
  stop(): Promise<void>;
  readonly deadLetters: DeadLetters;
  /** How far each listener of the house has come, in whichever process it is. */
  lag(): Promise<readonly ListenerLag[]>;
  /** Brings this process's listeners that have nothing to hear up to the present; done by itself every few hours. */
  skipIdle(): Promise<void>;
  /** Removes what everybody has heard and is older than this; returns how many. */
  prune(olderThanDays: number): Promise<number>;
}

/** Idle listeners are brought up to the present this often. */
const skipIdleMs = 6 * 3_600_000;
const forgottenDays = 30;

interface BroadcastEntry {
  readonly events: readonly EventDefinition[];
  readonly handler: BroadcastHandler;
  readonly onGap: (() => void) | undefined;
}

export function createBus(options: HouseBusOptions): HouseBus {
  const { transport, pool, db, clock, log } = options;
  const consumers = new Map<string, Consumer>();
  const broadcasts = new Set<BroadcastEntry>();
  const connectionString = String(pool.options.connectionString);

  function onEvent(event: HouseEvent): void {
    for (const entry of broadcasts) {
      const known = entry.events.filter(({ type }) => type === event.type);
      if (known.length === 0) continue;
      if (known.some(({ version }) => version === event.version)) guarded(event.type, () => entry.handler(event));
      else guarded(event.type, entry.onGap);
    }
    for (const consumer of consumers.values()) if (consumer.types.has(event.type)) consumer.wake();
  }

  /** What came meanwhile may be of any kind: caches read anew, listeners look for themselves. */
  function onGap(): void {
    for (const entry of broadcasts) guarded('gap', entry.onGap);
    wakeListener(undefined);
  }

  function wakeListener(name: string | undefined): void {
    if (name) consumers.get(name)?.wake();
    else for (const consumer of consumers.values()) consumer.wake();
  }

  function guarded(type: string, call: (() => void) | undefined): void {
    try {
      call?.();
    } catch (error) {
      log.error({ err: error, type }, 'a broadcast handler failed');
    }
  }

  let skipping: Timer | undefined;

  async function skipIdle(): Promise<void> {
    await db.write((tx) => tx.run(keepConsumers, [...consumers.keys()]));
    for (const consumer of consumers.values()) await consumer.skipIdle();
  }

  function skipIdleLater(): void {
    skipping = clock.after(skipIdleMs, () => {
      skipIdle().catch((error) => log.warn({ err: error }, 'idle listeners could not be brought up to the present'));
      skipIdleLater();
    });
  }

  const announcer = createAnnouncer({ db, clock, log });
  const tail = createTail({ db, log, clock, onEvent, onGap });
  let wake: Wake | undefined;

  async function createWake(): Promise<Wake> {
    if (transport.kind === 'postgres')
      return createPostgresWake({
        ...{ connectionString, log, clock },
        wake: (consumer) => (consumer ? wakeListener(consumer) : tail.wake()),
        listening: () => wakeListener(undefined),
      });
    // Its client is loaded by those alone who have a NATS server.
    const { createNatsWake } = await import('#src/wake/nats-wake.ts');
    return createNatsWake({ url: transport.url, connectionString, db, tail, wakeListener, log, clock });
  }

  return {
    forService: (source) => ({
      emit: (tx, event, told) => emit(tx, source, event, told, announcer.say),
      broadcast(events, handler, onGap) {
        const entry: BroadcastEntry = { events, handler, onGap };
        broadcasts.add(entry);
        return {
          async stop() {
            broadcasts.delete(entry);
          },
        };
      },
    }),
    listen(_service, listeners) {
      for (const listener of listeners) {
        if (consumers.has(listener.consumer)) throw new Error(`bug: two listeners are called ${listener.consumer}`);
        consumers.set(listener.consumer, createConsumer({ db, listener, log, clock }));
      }
    },
    async start() {
      await migrate(pool, { ...busMigrations, log });
      if (await fitLedger(db)) log.warn('the database came from another server: its events were fitted to this one');
      for (const consumer of consumers.values()) await consumer.prepare();
      await tail.start();
      wake = await createWake();
      await wake.start();
      for (const consumer of consumers.values()) consumer.wake();
      skipIdleLater();
    },
    async stop() {
      skipping?.cancel();
      await wake?.stop();
      await tail.stop();
      await Promise.all([...consumers.values()].map((consumer) => consumer.stop()));
      await announcer.stop();
    },
    deadLetters: createDeadLetters(db),
    lag: () => readLags(db),
    skipIdle,
    prune: (olderThanDays) =>
      db.write(async (tx) => {
        await tx.run(dropForgotten, forgottenDays);
        return (await tx.first(pruneLedger, olderThanDays))?.removed ?? 0;
      }),
  };
}
