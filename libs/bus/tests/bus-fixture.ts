import { createDatabase, createPool, type Database, type Pool } from '@steading/db';
import { createLog, newRequestId, serviceCaller, systemClock } from '@steading/kit';
import { createTestDatabase } from '@steading/testkit';
import { z } from 'zod';
import { defineEvent } from '#src/event.ts';
import { createBus, type HouseBus, type Transport } from '#src/house-bus.ts';
import type { Listener } from '#src/index.ts';

export const Grown = defineEvent('bustest.grown', 1, z.object({ size: z.number() }));
export const caller = serviceCaller('bustest', newRequestId());
export const log = createLog({ level: 'silent' });
export const sizeOf = (event: { readonly data: unknown }): number => (event.data as { size: number }).size;

/** A database of its own, and processes of a house on it that differ in what they listen to. */
export interface BusFixture {
  readonly url: string;
  readonly pool: Pool;
  readonly db: Database;
  /** A process that runs these listeners, started; stopped by `stop`. */
  start(...listeners: readonly Listener[]): Promise<HouseBus>;
  /** One that is not started: it tells and asks, and hears nothing. */
  make(): HouseBus;
  tell(key: string, size: number): Promise<void>;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

export async function createBusFixture(transport: Transport = { kind: 'postgres' }): Promise<BusFixture> {
  const database = await createTestDatabase();
  const pool = createPool({ url: database.url, max: 12, log });
  const db = createDatabase(pool, { log });
  const running: HouseBus[] = [];
  const make = () => createBus({ transport, pool, db, clock: systemClock, log });
  const teller = make();
  const stop = async () => {
    for (const bus of running.splice(0)) await bus.stop();
  };
  return {
    url: database.url,
    pool,
    db,
    make,
    async start(...listeners) {
      const bus = make();
      bus.listen('bustest', listeners);
      running.push(bus);
      await bus.start();
      return bus;
    },
    tell: (key, size) =>
      db.write((tx) => teller.forService('bustest').emit(tx, Grown, { key, caller, data: { size } })),
    stop,
    async remove() {
      await stop();
      await pool.end();
      await database.drop();
    },
  };
}
