import { systemClock } from '@steading/kit';
import { createNatsServer, type NatsServer, waitFor } from '@steading/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { listen } from '#src/bus.ts';
import type { Carried } from '#src/wake/carried.ts';
import { createRelay } from '#src/wake/nats-relay.ts';
import { type BusFixture, createBusFixture, Grown, log, sizeOf } from './bus-fixture.ts';

let nats: NatsServer;
let fixture: BusFixture;
beforeAll(async () => {
  nats = await createNatsServer();
  await nats.start();
  fixture = await createBusFixture({ kind: 'nats', url: nats.url });
});
afterEach(() => fixture.stop());
afterAll(async () => {
  await fixture?.remove();
  await nats?.remove();
});

/** Whether the relay has published all that there is. */
async function isPublished(of = fixture): Promise<boolean> {
  const { rows } = await of.pool.query(
    'select (r.xid, r.position) >= (select l.xid, l.position from bus.ledger l order by l.xid desc, l.position desc limit 1) as done from bus.relays r',
  );
  return rows[0]?.done === true;
}

test('a NATS that comes back without its store is published to again', async () => {
  await fixture.start();
  await fixture.tell('k', 1);
  await waitFor('the first to be published', () => isPublished());
  await nats.kill('SIGKILL');
  nats.loseStore();
  await fixture.tell('k', 2);
  await nats.start();
  await fixture.tell('k', 3);
  await waitFor('all to be published', () => isPublished(), { timeoutMs: 20_000 });
});

test('an event that is larger than NATS takes is heard, and those behind it are published', async () => {
  const heard: number[] = [];
  await fixture.start(listen('nats.large', Grown, async (event) => void heard.push(sizeOf(event))));
  await fixture.tell('k'.repeat(2_000_000), 1);
  await fixture.tell('k', 2);
  await waitFor('both to be published', () => isPublished());
  await waitFor('both', () => heard.length === 2);
});

test('while NATS does not answer the relay holds back nobody', async () => {
  const published: Carried[] = [];
  let answer = () => {};
  const relay = createRelay({
    ...{
      db: fixture.db,
      connectionString: fixture.url,
      log,
      clock: systemClock,
      wakeListener: () => {},
      onTold: () => {},
    },
    publish: (carried) => {
      published.push(carried);
      return new Promise<void>((resolve) => (answer = resolve));
    },
  });
  // Makes the tables; then no other relay is there.
  await fixture.start();
  await fixture.stop();
  await relay.start();
  try {
    await fixture.tell('k', 1);
    await waitFor('it to be published', () => published.length === 1);
    const { rows } = await fixture.pool.query(
      'select count(*)::int as holding from pg_stat_activity where datname = current_database() and backend_xid is not null',
    );
    expect(rows).toEqual([{ holding: 0 }]);
  } finally {
    answer();
    await relay.stop();
  }
});

test('two relays at once move the place forward only, and a reader hears each event once', async () => {
  const heard: number[] = [];
  const bus = await fixture.start();
  bus.forService('x').broadcast([Grown], (event) => heard.push(sizeOf(event)));
  await fixture.tell('k', 1);
  await waitFor('the first', () => heard.includes(1));
  // As if the first had never been marked as published: it comes a second time.
  await fixture.pool.query("update bus.relays set xid = '3', position = 0");
  await fixture.tell('k', 2);
  await waitFor('the second', () => heard.includes(2));
  await waitFor('all to be published', isPublished);
  expect(heard).toEqual([1, 2]);
});

test('a NATS that asks for a password is told the one of its address', async () => {
  const closed = await createNatsServer({ login: { user: 'house', password: 'a/b:c@d' } });
  await closed.start();
  const other = await createBusFixture({ kind: 'nats', url: closed.url });
  try {
    await other.start();
    await other.tell('k', 1);
    await waitFor('it to be published', () => isPublished(other), { timeoutMs: 10_000 });
  } finally {
    await other.stop();
    await other.remove();
    await closed.remove();
  }
});
