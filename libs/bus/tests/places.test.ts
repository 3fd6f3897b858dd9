import { waitFor } from '@steading/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { listen } from '#src/bus.ts';
import { lockConsumer } from '#src/consume/consumers-db.ts';
import { emit } from '#src/ledger/emit.ts';
import { type BusFixture, caller, createBusFixture, Grown, sizeOf } from './bus-fixture.ts';

let fixture: BusFixture;
beforeAll(async () => {
  fixture = await createBusFixture();
});
afterEach(() => fixture.stop());
afterAll(() => fixture.remove());

test('a listener that is brought up to the present while it works is not set back', async () => {
  const bus = await fixture.start(listen('placetest.idle', Grown, async () => {}));
  // Holds the horizon of whoever looks now below what is told next.
  const old = await fixture.pool.connect();
  await old.query('begin');
  await old.query('select pg_current_xact_id()');
  // Another process works on the listener; it reads, and moves its place, when the old transaction is over.
  let move = () => {};
  const mayMove = new Promise<void>((resolve) => (move = resolve));
  let took = () => {};
  const taken = new Promise<void>((resolve) => (took = resolve));
  const worker = fixture.db.write(async (tx) => {
    await tx.first(lockConsumer, 'placetest.idle');
    took();
    await mayMove;
    await tx.all({
      name: 'placetest.move',
      text: "update bus.consumers set xid = pg_snapshot_xmin(pg_current_snapshot()), position = 5 where name = 'placetest.idle'",
    });
  });
  await taken;
  let done = false;
  const skipped = bus.skipIdle().finally(() => (done = true));
  await waitFor('it to wait for the place, or to be done', async () => {
    const { rowCount } = await fixture.pool.query(
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
    );
    return rowCount === 1 || done;
  });
  await old.query('rollback');
  old.release();
  move();
  await worker;
  await skipped;
  const { rows } = await fixture.pool.query("select position from bus.consumers where name = 'placetest.idle'");
  expect(rows).toEqual([{ position: 5 }]);
});

test('a listener that heard nothing for months keeps its place while the house has it', async () => {
  const heard: number[] = [];
  const listener = listen('placetest.rare', Grown, async (event) => void heard.push(sizeOf(event)));
  await fixture.start(listener);
  await fixture.stop();
  await fixture.pool.query("update bus.consumers set moved_at = now() - interval '100 days'");
  const bus = await fixture.start(listener);
  await bus.prune(30);
  await fixture.tell('k', 7);
  await waitFor('the event', () => heard.includes(7));
});

test('every process knows how far each listener of the house is behind', async () => {
  await fixture.start(listen('placetest.elsewhere', Grown, async () => {}));
  await fixture.stop();
  const other = fixture.make();
  await fixture.tell('k', 1);
  await fixture.tell('k', 2);
  await waitFor(
    'the horizon',
    async () => (await other.lag()).find((each) => each.consumer === 'placetest.elsewhere')?.behind === 2,
  );
});

test('a database of a server that was further is fitted to this one at the start', async () => {
  const heard: number[] = [];
  const listener = listen('placetest.moved', Grown, async (event) => void heard.push(sizeOf(event)));
  await fixture.start(listener);
  await fixture.stop();
  await fixture.tell('k', 1);
  await fixture.tell('k', 2);
  const far = 'set xid = ((xid::text)::numeric + 900000000000)::text::xid8';
  for (const table of ['ledger', 'consumers', 'relays']) await fixture.pool.query(`update bus.${table} ${far}`);
  await fixture.start(listener);
  await waitFor('what was left', () => heard.length === 2);
  await fixture.tell('k', 3);
  await waitFor('the new one', () => heard.length === 3);
  expect(heard).toEqual([1, 2, 3]);
});

test('a process whose database was replaced beneath it tells its caches, and hears what comes', async () => {
  const bus = await fixture.start();
  const heard: number[] = [];
  let gaps = 0;
  bus.forService('x').broadcast(
    [Grown],
    (event) => heard.push(sizeOf(event)),
    () => gaps++,
  );
  await fixture.tell('k', 1);
  await waitFor('the first', () => heard.includes(1));
  const { rebaseLedger } = await import('#src/index.ts');
  await fixture.db.write((tx) => rebaseLedger(tx));
  await fixture.tell('k', 2);
  await waitFor('the gap', () => gaps > 0);
  await fixture.tell('k', 3);
  await waitFor('what comes', () => heard.includes(3));
  expect(heard).not.toContain(undefined);
});

test('a process that slept while what it had not heard was pruned tells its caches', async () => {
  const bus = await fixture.start();
  let gaps = 0;
  const heard: number[] = [];
  bus.forService('x').broadcast(
    [Grown],
    (event) => heard.push(sizeOf(event)),
    () => gaps++,
  );
  await fixture.tell('k', 1);
  await waitFor('the first', () => heard.includes(1));
  // Told, heard by every listener, and pruned, before this process has come to read.
  const old = await fixture.pool.connect();
  await old.query('begin');
  await old.query('select pg_current_xact_id()');
  await fixture.db.write((tx) => emit(tx, 'bustest', Grown, { key: 'k', caller, data: { size: 2 } }));
  await fixture.pool.query("update bus.consumers set xid = '9999999999', position = 0");
  expect(await bus.prune(0)).toBeGreaterThan(0);
  await old.query('rollback');
  old.release();
  await fixture.tell('k', 3);
  await waitFor('the gap', () => gaps > 0);
});
