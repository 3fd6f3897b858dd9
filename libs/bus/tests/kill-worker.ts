import { createDatabase, createPool, statement } from '@steading/db';
import { createLog, systemClock } from '@steading/kit';
import { z } from 'zod';
import { listen } from '#src/bus.ts';
import { defineEvent } from '#src/event.ts';
import { createBus } from '#src/house-bus.ts';

/** One process of a house, to be killed at any moment: `kill-worker.ts <transport as JSON> <database URL>`. */
const Told = defineEvent('killtest.told', 1, z.object({ n: z.number() }));
const addEffect = statement<[key: string, n: number]>(
  'killtest.addEffect',
  'insert into public.effects (key, n) values ($1, $2)',
);
const [transport, url] = process.argv.slice(2) as [string, string];
const log = createLog({ level: 'silent' });
const pool = createPool({ url, max: 4, log });
const db = createDatabase(pool, { log });
const bus = createBus({ transport: JSON.parse(transport), pool, db, clock: systemClock, log });
bus.listen('killtest', [
  listen('killtest.writes', Told, async (event, tx) => void (await tx.run(addEffect, event.key, event.data.n))),
]);
await bus.start();
process.send?.('ready');
setInterval(() => {}, 60_000);
