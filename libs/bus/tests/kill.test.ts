import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createDatabase, createPool, statement } from '@steading/db';
import { createLog, newRequestId, serviceCaller, systemClock } from '@steading/kit';
import { createTestDatabase, waitFor } from '@steading/testkit';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { listen } from '#src/bus.ts';
import { defineEvent } from '#src/event.ts';
import { createBus } from '#src/house-bus.ts';

const Told = defineEvent('killtest.told', 1, z.object({ n: z.number() }));
const seen = statement<[], { key: string; n: number }>('killtest.seen', 'select key, n from public.effects order by i');
const log = createLog({ level: 'silent' });
const caller = serviceCaller('killtest', newRequestId());
const total = 600;
const keys = 7;

describe.each(['postgres', 'nats'] as const)('killed at random over %s', (kind) => {
  test('no event is lost, none takes effect twice, and each key stays in order', { timeout: 90_000 }, async () => {
    const database = await createTestDatabase();
    const folder = mkdtempSync(join(tmpdir(), 'steading-kill-'));
    const port = await freePort();
    const transport = kind === 'nats' ? { kind, url: `nats://127.0.0.1:${port}` } : { kind };
    const pool = createPool({ url: database.url, max: 4, log });
    const db = createDatabase(pool, { log });
    const teller = createBus({ transport: { kind: 'postgres' }, pool, db, clock: systemClock, log });
    teller.listen('killtest', [listen('killtest.place', Told, async () => {})]);
    const worker = () => fork(join(import.meta.dirname, 'kill-worker.ts'), [JSON.stringify(transport), database.url]);
    const server = () =>
      spawn(natsProgram(), ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder], { stdio: 'ignore' });
    const children: ChildProcess[] = [];
    let done = false;
    try {
      await pool.query('create table public.effects (i serial primary key, key text not null, n integer not null)');
      await teller.start();
      if (kind === 'nats') children[2] = server();
      children[0] = worker();
      await new Promise((resolve) => children[0]?.once('message', resolve));
      children[1] = worker();
      const killing = (async () => {
        let kills = 0;
        while (!done) {
          await pause(400 + Math.random() * 800);
          const at = Math.floor(Math.random() * children.length);
          await end(children[at]);
          children[at] = at === 2 ? server() : worker();
          kills++;
        }
        return kills;
      })();
      for (let n = 0; n < total; n++) {
        await db.write((tx) =>
          teller.forService('killtest').emit(tx, Told, { key: `key-${n % keys}`, caller, data: { n } }),
        );
        // Spreads the events over the kills.
        await pause(20);
      }
      done = true;
      expect(await killing).toBeGreaterThan(5);
      await waitFor('every effect', async () => (await db.all(seen)).length >= total, { timeoutMs: 30_000 });
      const rows = await db.all(seen);
      expect(rows.map((row) => row.n).sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, n) => n));
      for (let key = 0; key < keys; key++) {
        const order = rows.filter((row) => row.key === `key-${key}`).map((row) => row.n);
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }
    } finally {
      done = true;
      for (const child of children) await end(child);
      await teller.stop();
      await pool.end();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

function natsProgram(): string {
  const places = ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'];
  return places.find(existsSync) ?? 'nats-server';
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
