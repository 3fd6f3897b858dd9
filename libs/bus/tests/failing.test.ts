import { waitFor } from '@steading/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { listen } from '#src/bus.ts';
import { defineEvent } from '#src/event.ts';
import { emit } from '#src/ledger/emit.ts';
import { type BusFixture, caller, createBusFixture, Grown, sizeOf } from './bus-fixture.ts';

let fixture: BusFixture;
beforeAll(async () => {
  fixture = await createBusFixture();
  await fixture.pool.query('create table public.written (size integer)');
});
afterEach(() => fixture.stop());
afterAll(() => fixture.remove());

const write = { name: 'failtest.write', text: 'insert into public.written (size) values ($1)' };
const written = async () => (await fixture.pool.query('select size from public.written order by size')).rows;

test('a dead letter that is replayed in a process without its listener is taken by the one that has it', async () => {
  const heard: number[] = [];
  let sick = true;
  await fixture.start({
    ...listen('failtest.replayed', Grown, async (event) => {
      if (sick) throw new Error('sick');
      heard.push(sizeOf(event));
    }),
    maxAttempts: 1,
  });
  const other = await fixture.start();
  await fixture.tell('k', 1);
  const [letter] = await waitFor('the letter', async () => {
    const letters = await other.deadLetters.list();
    return letters.length > 0 && letters;
  });
  sick = false;
  expect(await other.deadLetters.replay(letter?.id ?? '')).toBe('replayed');
  await waitFor('the replayed one', () => heard.length === 1);
});

test('a listener that does not return loses its try: other keys go on, and what it writes afterwards is refused', async () => {
  const heard: number[] = [];
  let resume = () => {};
  let late: unknown;
  await fixture.start({
    ...listen('failtest.hangs', Grown, async (event, tx) => {
      if (sizeOf(event) === 1) {
        await new Promise<void>((resolve) => (resume = resolve));
        late = await tx.run(write, 1).catch((error: unknown) => error);
      }
      heard.push(sizeOf(event));
    }),
    timeoutMs: 200,
    maxAttempts: 1,
  });
  await fixture.tell('hung', 1);
  await fixture.tell('other', 2);
  await fixture.tell('hung', 3);
  await waitFor('the others', () => heard.length === 2);
  expect(heard).toEqual([2, 3]);
  const [letter] = await fixture.make().deadLetters.list();
  expect(letter).toMatchObject({ consumer: 'failtest.hangs', error: expect.stringContaining('200 ms') });
  resume();
  await waitFor('its late write', () => late !== undefined);
  expect(late).toBeInstanceOf(Error);
  expect(await written()).toEqual([]);
});

test('while a listener takes its time, other listeners are not held up', async () => {
  const heard: number[] = [];
  let resume = () => {};
  let began = false;
  await fixture.start(
    listen('failtest.slow', Grown, async () => {
      began = true;
      await new Promise<void>((resolve) => (resume = resolve));
    }),
    listen('failtest.quick', Grown, async (event) => void heard.push(sizeOf(event))),
  );
  try {
    await fixture.tell('a', 1);
    await waitFor('the slow one', () => began);
    await fixture.tell('b', 2);
    await waitFor('both, while the slow one is at the first', () => heard.length === 2, { timeoutMs: 5_000 });
  } finally {
    resume();
    began = false;
    await waitFor('the second', () => began).catch(() => {});
    resume();
  }
});

test('what was to follow the commit of a failed try is not done', async () => {
  const followed: string[] = [];
  let tries = 0;
  await fixture.start(
    listen('failtest.follows', Grown, async (_event, tx) => {
      const name = `try ${++tries}`;
      tx.afterCommit(() => followed.push(name));
      if (tries === 1) throw new Error('not yet');
    }),
  );
  await fixture.tell('k', 1);
  await waitFor('the second try', () => tries === 2 && followed.length > 0);
  expect(followed).toEqual(['try 2']);
});

test('an event of a version that the listener does not know is never misread: it waits as a dead letter', async () => {
  const Newer = defineEvent(Grown.type, 2, z.object({ metres: z.number() }));
  const heard: unknown[] = [];
  const missed: string[] = [];
  const bus = await fixture.start({
    ...listen('failtest.old', Grown, async (event) => void heard.push(event.data)),
    maxAttempts: 1,
  });
  bus.forService('x').broadcast(
    [Grown],
    (event) => heard.push(event.data),
    () => missed.push('gap'),
  );
  await fixture.db.write((tx) => emit(tx, 'bustest', Newer, { key: 'k', caller, data: { metres: 3 } }));
  const letter = await waitFor('the letter', async () =>
    (await bus.deadLetters.list()).find((each) => each.consumer === 'failtest.old'),
  );
  expect(letter.error).toMatch(/version 2/);
  await waitFor('the gap', () => missed.length > 0);
  expect(heard).toEqual([]);
});

test('events of other keys do not wait for the many that stood behind a poisonous one', async () => {
  const heard: number[] = [];
  let stopped = () => {};
  const until = new Promise<void>((resolve) => (stopped = resolve));
  let sick = true;
  let waiting = 0;
  await fixture.start({
    ...listen('failtest.crowd', Grown, async (event) => {
      if (event.key === 'crowd' && sick) throw new Error('sick');
      if (event.key === 'crowd' && ++waiting === 5) await until;
      heard.push(sizeOf(event));
    }),
    maxAttempts: 8,
  });
  for (let size = 1; size <= 60; size++) await fixture.tell('crowd', size);
  await waitFor('the crowd', async () => {
    const { rows } = await fixture.pool.query("select count(*)::int as n from bus.parked where key = 'crowd'");
    return rows[0].n === 60;
  });
  sick = false;
  await waitFor('the fifth', () => waiting === 5);
  await fixture.tell('single', 99);
  // Transactions of other tests, in other databases of this server, hold back what is read.
  await waitFor('the single one to be readable', async () => {
    const { rows } = await fixture.pool.query(
      'select pg_snapshot_xmin(pg_current_snapshot()) > (select max(xid) from bus.ledger) as readable',
    );
    return rows[0].readable;
  });
  stopped();
  await waitFor('all', () => heard.length === 61, { timeoutMs: 20_000 });
  expect(heard.indexOf(99)).toBeLessThan(20);
});
