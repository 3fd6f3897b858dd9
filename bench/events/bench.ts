import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBus, defineEvent, type EventDefinition, listen, type Transport } from '@steading/bus';
import { createDatabase, createPool, startEmbeddedPostgres, statement } from '@steading/db';
import { createLog, newRequestId, serviceCaller, systemClock } from '@steading/kit';
import { createNatsServer } from '@steading/testkit';

/**
 * Events from the commit that tells them to the handler that hears them, on both transports, over one PostgreSQL that
 * syncs to disk. Latency: one event at a time. Throughput: many tellers at once, until every effect is committed. The
 * unit beside them is the plain insert of the same machine, so that the ratios mean something elsewhere.
 */
const latencySamples = Number(process.env.SAMPLES ?? 300);
const count = Number(process.env.EVENTS ?? 3000);
const tellers = 16;
const deadlineMs = 120_000;

const anything: EventDefinition<string, { n: number }>['schema'] = {
  parse: (data: unknown) => data,
} as EventDefinition<string, { n: number }>['schema'];
const Told = defineEvent('bench.told', 1, anything);
const addEffect = statement<[n: number]>('bench.addEffect', 'insert into public.effects (n) values ($1)');
const countEffects = statement<[], { all: number; different: number }>(
  'bench.countEffects',
  'select count(*)::int as all, count(distinct n)::int as different from public.effects',
);
const caller = serviceCaller('bench', newRequestId());

interface Measured {
  readonly p50: number;
  readonly p99: number;
  readonly eventsPerSecond: number;
  readonly lost: number;
  readonly twice: number;
}

const log = createLog({ level: 'error' });
const folder = mkdtempSync(join(tmpdir(), 'steading-events-'));
chmodSync(folder, 0o711);
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log });
const pool = createPool({ url: postgres.url, max: tellers + 8, log });
const db = createDatabase(pool, { log });
const nats = await createNatsServer();
await nats.start();
try {
  await pool.query('create table public.effects (n integer not null)');
  const inserts = await perSecond(count, (n) => db.write(async (tx) => void (await tx.run(addEffect, n))));
  const rows = {
    postgres: await measure({ kind: 'postgres' }),
    nats: await measure({ kind: 'nats', url: nats.url }),
  };
  console.log(`plain insert, ${tellers} at once: ${Math.round(inserts)} transactions/s`);
  for (const [name, row] of Object.entries(rows)) {
    console.log(
      `${name}: commit to handler p50 ${row.p50.toFixed(2)} ms, p99 ${row.p99.toFixed(2)} ms; ${Math.round(row.eventsPerSecond)} events/s (${(row.eventsPerSecond / inserts).toFixed(2)} of plain inserts); lost ${row.lost}, twice ${row.twice}`,
    );
  }
  console.log(`nats / postgres: events/s ${(rows.nats.eventsPerSecond / rows.postgres.eventsPerSecond).toFixed(2)}`);
  if (Object.values(rows).some((row) => row.lost > 0 || row.twice > 0)) process.exitCode = 1;
} finally {
  await nats.remove();
  await pool.end();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(transport: Transport): Promise<Measured> {
  await pool.query('truncate public.effects');
  const heard = new Map<number, number>();
  const waiting = new Map<number, () => void>();
  const bus = createBus({ transport, pool, db, clock: systemClock, log });
  bus.listen('bench', [
    listen(`bench.${transport.kind}`, Told, async (event, tx) => {
      heard.set(event.data.n, performance.now());
      await tx.run(addEffect, event.data.n);
      tx.afterCommit(() => waiting.get(event.data.n)?.());
    }),
  ]);
  await bus.start();
  const tell = async (n: number): Promise<number> => {
    let committed = 0;
    await db.write(async (tx) => {
      await bus.forService('bench').emit(tx, Told, { key: `key-${n % 100}`, caller, data: { n } });
      tx.afterCommit(() => (committed = performance.now()));
    });
    return committed;
  };
  try {
    const delays: number[] = [];
    for (let n = 0; n < latencySamples + 20; n++) {
      const done = new Promise<void>((resolve) => waiting.set(n, resolve));
      const committed = await tell(n);
      await done;
      // The first ones prepare statements and warm the code.
      if (n >= 20) delays.push(Math.max(0, (heard.get(n) ?? 0) - committed));
    }
    await pool.query('truncate public.effects');
    const began = performance.now();
    await perSecond(count, tell);
    const counts = await untilAll(count);
    const seconds = (performance.now() - began) / 1000;
    delays.sort((a, b) => a - b);
    return {
      p50: delays[Math.floor(delays.length * 0.5)] ?? 0,
      p99: delays[Math.floor(delays.length * 0.99)] ?? 0,
      eventsPerSecond: count / seconds,
      lost: count - counts.different,
      twice: counts.all - counts.different,
    };
  } finally {
    await bus.stop();
  }
}

async function untilAll(wanted: number): Promise<{ all: number; different: number }> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const counts = (await db.first(countEffects)) ?? { all: 0, different: 0 };
    if (counts.different >= wanted || Date.now() > deadline) return counts;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Does it `total` times, some at once; resolves with how many a second. */
async function perSecond(total: number, work: (n: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: tellers }, async () => {
      while (next < total) await work(next++);
    }),
  );
  return total / ((performance.now() - began) / 1000);
}
