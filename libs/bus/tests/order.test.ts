import { waitFor } from '@steading/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { listen } from '#src/bus.ts';
import { emit } from '#src/ledger/emit.ts';
import { type BusFixture, caller, createBusFixture, Grown, sizeOf } from './bus-fixture.ts';

let fixture: BusFixture;
beforeAll(async () => {
  fixture = await createBusFixture();
  await fixture.pool.query('create table public.things (name text primary key)');
  await fixture.pool.query("insert into public.things values ('k')");
});
afterEach(() => fixture.stop());
afterAll(() => fixture.remove());

const own = { name: 'ordertest.own', text: 'select pg_current_xact_id()' };
const lock = { name: 'ordertest.lock', text: "select 1 from public.things where name = 'k' for update" };

/** A transaction that has its id before the next one begins, and tells only when it is let. */
function beginEarly(size: number) {
  let go = () => {};
  const allowed = new Promise<void>((resolve) => (go = resolve));
  let begun = () => {};
  const began = new Promise<void>((resolve) => (begun = resolve));
  const done = fixture.db.write(async (tx) => {
    await tx.first(own);
    begun();
    await allowed;
    await tx.first(lock);
    await emit(tx, 'bustest', Grown, { key: 'k', caller, data: { size } });
  });
  return { began, go, done };
}

test('of one key the event told first is heard first, also where the later one is of an older transaction', async () => {
  const heard: number[] = [];
  await fixture.start(listen('ordertest.old', Grown, async (event) => void heard.push(sizeOf(event))));
  const early = beginEarly(2);
  await early.began;
  await fixture.db.write(async (tx) => {
    await tx.first(lock);
    await emit(tx, 'bustest', Grown, { key: 'k', caller, data: { size: 1 } });
  });
  early.go();
  await early.done;
  await waitFor('both', () => heard.length === 2);
  expect(heard).toEqual([1, 2]);
});

test('what waits behind a failing event is taken in the order of the ledger', async () => {
  const heard: number[] = [];
  let failing = true;
  await fixture.start(
    listen('ordertest.parked', Grown, async (event) => {
      if (failing && sizeOf(event) === 1) throw new Error('not yet');
      heard.push(sizeOf(event));
    }),
  );
  await fixture.tell('k', 1);
  await waitFor('it to wait', async () => (await fixture.pool.query('select 1 from bus.parked')).rowCount === 1);
  // Told at the same time: the one that is first in the ledger has the later position.
  let go = () => {};
  const allowed = new Promise<void>((resolve) => (go = resolve));
  let begun = () => {};
  const began = new Promise<void>((resolve) => (begun = resolve));
  const older = fixture.db.write(async (tx) => {
    await tx.first(own);
    begun();
    await allowed;
    await emit(tx, 'bustest', Grown, { key: 'k', caller, data: { size: 2 } });
  });
  await began;
  await fixture.db.write(async (tx) => {
    await emit(tx, 'bustest', Grown, { key: 'k', caller, data: { size: 3 } });
    go();
    await older;
  });
  await waitFor('all to wait', async () => (await fixture.pool.query('select 1 from bus.parked')).rowCount === 3);
  failing = false;
  await waitFor('all three', () => heard.length === 3);
  expect(heard).toEqual([1, 2, 3]);
});
