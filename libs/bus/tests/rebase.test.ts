import { createDatabase, createPool, type Database, type Pool } from '@steading/db';
import { createLog, newRequestId, serviceCaller, systemClock } from '@steading/kit';
import { createTestDatabase, type TestDatabase, waitFor } from '@steading/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { listen } from '#src/bus.ts';
import { defineEvent } from '#src/event.ts';
import { createBus, type HouseBus } from '#src/house-bus.ts';
import { rebaseLedger } from '#src/ledger/rebase.ts';

const Sown = defineEvent('rebasetest.sown', 1, z.object({ number: z.number() }));
const caller = serviceCaller('rebasetest', newRequestId());
const log = createLog({ level: 'silent' });
let database: TestDatabase;
let pool: Pool;
let db: Database;
let heard: number[];

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 8, log });
  db = createDatabase(pool, { log });
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

async function start(): Promise<HouseBus> {
  heard = [];
  const bus = createBus({ transport: { kind: 'postgres' }, pool, db, clock: systemClock, log });
  bus.listen('rebasetest', [
    listen('heard', Sown, async (event) => void heard.push((event.data as { number: number }).number)),
  ]);
  await bus.start();
  return bus;
}

const sow = (bus: HouseBus, number: number) =>
  db.write((tx) => bus.forService('rebasetest').emit(tx, Sown, { key: `k${number}`, caller, data: { number } }));

test('on a server whose transactions are far behind, each event is heard once, in its order, and new ones after', async () => {
  const first = await start();
  await sow(first, 1);
  await waitFor('the first', () => heard.length === 1);
  await first.stop();
  for (const number of [2, 3, 4]) await sow(first, number);
  // As rows of a server that was further: 4 was committed before 3, and the listener stands behind 1.
  const ids = new Map([
    [1, 900_000_000_001n],
    [2, 900_000_000_002n],
    [4, 900_000_000_003n],
    [3, 900_000_000_004n],
  ]);
  await pool.query("update bus.consumers set xid = '900000000001'");
  for (const [number, xid] of ids)
    await pool.query("update bus.ledger set xid = $2::text::xid8 where data->>'number' = $1::text", [
      number,
      String(xid),
    ]);
  await pool.query(
    `insert into bus.parked (consumer, event_position, event_id, key, event, dead)
     select 'elsewhere', position, id, key, '{}', true from bus.ledger where data->>'number' = '3'`,
  );

  await db.write((tx) => rebaseLedger(tx));
  const parked = await pool.query(
    "select p.event_position = l.position as same from bus.parked p join bus.ledger l on l.id = p.event_id where p.consumer = 'elsewhere'",
  );
  expect(parked.rows).toEqual([{ same: true }]);
  const second = await start();
  await waitFor('what was left', () => heard.length === 3);
  await sow(second, 5);
  await waitFor('the new one', () => heard.length === 4);
  expect(heard).toEqual([2, 4, 3, 5]);
  await second.stop();
});
