import { waitFor } from '@steading/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BusFixture, caller, createBusFixture, Grown, sizeOf } from './bus-fixture.ts';

let fixture: BusFixture;
beforeAll(async () => void (fixture = await createBusFixture()));
afterAll(() => fixture.remove());

test('those who tell at once do not stand in one line: few notifications speak for all, and all is heard', async () => {
  const bus = await fixture.start();
  const heard: number[] = [];
  bus.forService('bustest').broadcast([Grown], (event) => void heard.push(sizeOf(event)));
  const listener = new pg.Client({ connectionString: fixture.url });
  await listener.connect();
  let notifications = 0;
  listener.on('notification', () => void notifications++);
  await listener.query('listen steading_bus');
  const began = performance.now();
  await Promise.all(Array.from({ length: 300 }, (_, number) => fixture.tell(`k${number}`, number)));
  const tookMs = performance.now() - began;
  await waitFor('all to be heard', () => heard.length === 300);
  expect(heard.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 300 }, (_, number) => number));
  expect(notifications).toBeGreaterThan(0);
  // One in five milliseconds, and what a timer may be early by.
  expect(notifications).toBeLessThanOrEqual(Math.min(100, tookMs / 4 + 2));
  await listener.end();
});

test('who tells alone says it with the commit, so that nothing can come between', async () => {
  const listener = new pg.Client({ connectionString: fixture.url });
  await listener.connect();
  await listener.query('listen steading_bus');
  const spoken = new Promise((resolve) => listener.once('notification', resolve));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const teller = fixture.make();
  await fixture.db.write(async (tx) => {
    const alone = { ...tx, afterCommit: () => expect.unreachable('nothing is left for after the commit') };
    await teller.forService('bustest').emit(alone, Grown, { key: 'alone', caller, data: { size: 1 } });
  });
  await spoken;
  await listener.end();
});

test('a bus that stops says what it has not said yet', async () => {
  const listener = new pg.Client({ connectionString: fixture.url });
  await listener.connect();
  await listener.query('listen steading_bus');
  let notifications = 0;
  listener.on('notification', () => void notifications++);
  const teller = fixture.make();
  const tell = () =>
    fixture.db.write((tx) => teller.forService('bustest').emit(tx, Grown, { key: 'last', caller, data: { size: 1 } }));
  await Promise.all([tell(), tell()]);
  await teller.stop();
  await waitFor('both to be said', () => notifications === 2);
  await listener.end();
});
