import { createDatabase, createPool, type Database, type Pool, statement } from '@steading/db';
import { createLog, newRequestId, serviceCaller, systemClock } from '@steading/kit';
import { createNatsServer, createTestDatabase, type NatsServer, type TestDatabase, waitFor } from '@steading/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { listen } from '#src/bus.ts';
import { defineEvent } from '#src/event.ts';
import { createBus, type HouseBus } from '#src/house-bus.ts';

const Grown = defineEvent('bustest.grown', 1, z.object({ size: z.number() }));
const caller = serviceCaller('bustest', newRequestId());
const log = createLog({ level: 'silent' });
const addEffect = statement<[key: string, size: number]>(
  'bustest.addEffect',
  'insert into public.effects (key, size) values ($1, $2)',
);
const effects = statement<[], { key: string; size: number }>(
  'bustest.effects',
  'select key, size from public.effects order by n',
);

let nats: NatsServer;

beforeAll(async () => {
  nats = await createNatsServer();
  await nats.start();
});
afterAll(() => nats?.remove());

describe.each(['postgres', 'nats'] as const)('events over %s', (kind) => {
  let database: TestDatabase;
  let pool: Pool;
  let db: Database;
  const running: HouseBus[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = createPool({ url: database.url, max: 10, log });
    db = createDatabase(pool, { log });
    await pool.query('create table public.effects (n serial primary key, key text, size integer)');
  });
  afterEach(async () => {
    for (const bus of running.splice(0)) await bus.stop();
    await pool.query('truncate public.effects');
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const make = (): HouseBus => {
    const bus = createBus({
      transport: kind === 'nats' ? { kind, url: nats.url } : { kind },
      pool,
      db,
      clock: systemClock,
      log,
    });
    running.push(bus);
    return bus;
  };
  const tell = (bus: HouseBus, key: string, size: number) =>
    db.write((tx) => bus.forService('bustest').emit(tx, Grown, { key, caller, data: { size } }));
  const seen = () => db.all(effects);
  const writeDown = (consumer: string) =>
    listen(consumer, Grown, async (event, tx) => void (await tx.run(addEffect, event.key, event.data.size)));

  test('an event of a committed transaction is heard once, one of a rolled-back never', async () => {
    const bus = make();
    bus.listen('bustest', [writeDown(`${kind}.once`)]);
    await bus.start();
    await expect(
      db.write(async (tx) => {
        await bus.forService('bustest').emit(tx, Grown, { key: 'lost', caller, data: { size: 9 } });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await tell(bus, 'oak', 1);
    await waitFor('the effect', async () => (await seen()).length > 0);
    await tell(bus, 'oak', 2);
    await waitFor('the second effect', async () => (await seen()).length > 1);
    expect(await seen()).toEqual([
      { key: 'oak', size: 1 },
      { key: 'oak', size: 2 },
    ]);
  });

  test('data that does not fit the definition is refused before it is told', async () => {
    const bus = make();
    await bus.start();
    await expect(
      db.write((tx) => bus.forService('bustest').emit(tx, Grown, { key: 'x', caller, data: { size: 'big' } as never })),
    ).rejects.toThrow();
  });

  test('an event committed late, behind a later one, is not skipped', async () => {
    const bus = make();
    bus.listen('bustest', [writeDown(`${kind}.late`)]);
    await bus.start();
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const late = db.write(async (tx) => {
      await bus.forService('bustest').emit(tx, Grown, { key: 'late', caller, data: { size: 1 } });
      await held;
    });
    await tell(bus, 'early', 2);
    release();
    await late;
    await waitFor('both effects', async () => (await seen()).length === 2);
    expect((await seen()).map((row) => row.key).sort()).toEqual(['early', 'late']);
  });

  test('an event that another transaction holds back for a moment is heard soon after, though nobody tells again', async () => {
    const bus = make();
    const heard: number[] = [];
    bus.forService('x').broadcast([Grown], (event) => heard.push((event.data as { size: number }).size));
    await bus.start();
    for (let size = 0; size < 60; size++) {
      const other = await pool.connect();
      await other.query('begin');
      await other.query('select pg_current_xact_id()');
      await tell(bus, 'k', size);
      // Let go at another moment of the reading each time.
      await new Promise((resolve) => setTimeout(resolve, (size % 12) * 0.4));
      await other.query('rollback');
      other.release();
      await waitFor(`event ${size}`, () => heard.includes(size), { timeoutMs: 1_500, everyMs: 2 });
    }
  });

  test('a failing event holds back its key only, is tried again, and leaves nothing of the failed try', async () => {
    const bus = make();
    let failures = 2;
    bus.listen('bustest', [
      listen(`${kind}.retry`, Grown, async (event, tx) => {
        await tx.run(addEffect, event.key, event.data.size);
        if (event.key === 'sick' && event.data.size === 1 && failures-- > 0) throw new Error('not yet');
      }),
    ]);
    await bus.start();
    await tell(bus, 'sick', 1);
    await tell(bus, 'sick', 2);
    await tell(bus, 'well', 3);
    await waitFor('all three', async () => (await seen()).length === 3);
    const rows = await seen();
    expect(rows[0]).toEqual({ key: 'well', size: 3 });
    expect(rows.filter((row) => row.key === 'sick').map((row) => row.size)).toEqual([1, 2]);
  });

  test('a poisonous event becomes a dead letter, blocks nobody, and is replayed', async () => {
    const bus = make();
    let poisonous = true;
    bus.listen('bustest', [
      {
        ...listen(`${kind}.poison`, Grown, async (event, tx) => {
          if (poisonous && event.data.size === 1) throw new Error('poison');
          await tx.run(addEffect, event.key, event.data.size);
        }),
        maxAttempts: 2,
      },
    ]);
    await bus.start();
    await tell(bus, 'k', 1);
    await tell(bus, 'k', 2);
    const [letter] = await waitFor('the dead letter', async () => {
      const letters = (await bus.deadLetters.list()).filter((each) => each.consumer === `${kind}.poison`);
      return letters.length > 0 && letters;
    });
    await waitFor('the later one of the same key', async () => (await seen()).length === 1);
    expect(letter).toMatchObject({ attempts: 2, error: 'poison' });
    poisonous = false;
    expect(await bus.deadLetters.replay(letter?.id ?? '')).toBe('replayed');
    await waitFor('the replayed one', async () => (await seen()).length === 2);
  });

  test('two instances of a listener share the work: each event once, each key in order', async () => {
    const buses = [make(), make()];
    for (const bus of buses) {
      bus.listen('bustest', [writeDown(`${kind}.shared`)]);
      await bus.start();
    }
    const count = 60;
    for (let size = 0; size < count; size++) await tell(buses[size % 2] as HouseBus, `key-${size % 3}`, size);
    await waitFor('all effects', async () => (await seen()).length >= count);
    const rows = await seen();
    expect(rows).toHaveLength(count);
    for (let key = 0; key < 3; key++) {
      const sizes = rows.filter((row) => row.key === `key-${key}`).map((row) => row.size);
      expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    }
  });

  test('a broadcast reaches every process, and a listener that was away catches up', async () => {
    const [one, two] = [make(), make()];
    const heard: number[] = [];
    two.forService('x').broadcast([Grown], (event) => heard.push((event.data as { size: number }).size));
    one.listen('bustest', [writeDown(`${kind}.away`)]);
    await one.start();
    await two.start();
    await tell(one, 'a', 1);
    await waitFor('the broadcast', () => heard.includes(1));
    await one.stop();
    await tell(two, 'a', 2);
    await waitFor('the second broadcast', () => heard.includes(2));
    const back = make();
    back.listen('bustest', [writeDown(`${kind}.away`)]);
    await back.start();
    await waitFor('the missed one', async () => (await seen()).length === 2);
  });

  test('what everybody has heard is pruned, also behind a listener that hears nothing; what somebody has not is kept', async () => {
    const bus = make();
    let held = true;
    const Rare = defineEvent(`bustest.rare-${kind}`, 1, z.object({}));
    bus.listen('bustest', [
      listen(`${kind}.rare`, Rare, async () => {}),
      listen(`${kind}.slow`, Grown, async () => {
        if (held) throw new Error('not yet');
      }),
    ]);
    await bus.start();
    await tell(bus, 'p', 1);
    const left = async () => Number((await pool.query('select count(*) as n from bus.ledger')).rows[0].n);
    await waitFor(
      'the slow one to have parked it',
      async () => (await pool.query("select 1 from bus.parked where consumer like '%.slow'")).rowCount,
    );
    await pool.query("delete from bus.consumers where name not like '%.slow' and name not like '%.rare'");
    await bus.skipIdle();
    // Parked events are copies: the ledger may let go of what every listener's place has passed.
    await waitFor('the ledger to be empty', async () => (await bus.prune(0)) >= 0 && (await left()) === 0);
    held = false;
    await waitFor(
      'the parked one to be handled',
      async () =>
        (await pool.query("select 1 from bus.parked where consumer like '%.slow' and not dead")).rowCount === 0,
    );
  });

  if (kind === 'nats') {
    test('while NATS is away, and when the process that publishes hangs, a broadcast is heard all the same, and soon', async () => {
      const bus = make();
      const heard: number[] = [];
      bus.forService('x').broadcast([Grown], (event) => heard.push((event.data as { size: number }).size));
      await bus.start();
      // Slower than by NATS, and sooner than by the look that is taken every five seconds.
      const soon = async (size: number) => {
        const began = performance.now();
        await waitFor('the broadcast', () => heard.includes(size));
        return performance.now() - began;
      };
      const fastest = async (first: number) => {
        const took: number[] = [];
        for (let size = first; size < first + 3; size++) {
          await tell(bus, 'away', size);
          took.push(await soon(size));
        }
        return Math.min(...took);
      };
      await tell(bus, 'away', 1);
      await soon(1);
      const holder = await pool.connect();
      await holder.query("select pg_advisory_lock(hashtextextended('bus.relay nats', 0))");
      expect(await fastest(10)).toBeLessThan(2_500);
      holder.release(true);
      await nats.kill('SIGKILL');
      expect(await fastest(20)).toBeLessThan(2_500);
      await nats.start();
    });

    test('a NATS that is killed and loses its store loses no event', async () => {
      const bus = make();
      bus.listen('bustest', [writeDown('nats.killed')]);
      await bus.start();
      for (let size = 0; size < 20; size++) await tell(bus, 'k', size);
      await nats.kill('SIGKILL');
      nats.loseStore();
      for (let size = 20; size < 40; size++) await tell(bus, 'k', size);
      await nats.start();
      for (let size = 40; size < 60; size++) await tell(bus, 'k', size);
      await waitFor('all sixty', async () => (await seen()).length >= 60, { timeoutMs: 20_000 });
      expect((await seen()).map((row) => row.size)).toEqual(Array.from({ length: 60 }, (_, size) => size));
    });
  }
});
