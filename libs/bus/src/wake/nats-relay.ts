import { type Database, statement } from '@steading/db';
import type { Clock, Log, Timer } from '@steading/kit';
import { type Cursor, heldBack, readAfter, toEvent } from '#src/ledger/ledger-db.ts';
import type { Carried } from '#src/wake/carried.ts';
import { createPostgresWake } from '#src/wake/postgres-wake.ts';

const addRelay = statement(
  'bus.addRelay',
  "insert into bus.relays (name, xid, position) values ('nats', pg_snapshot_xmin(pg_current_snapshot()), 0) on conflict do nothing",
);
const lockRelay = statement<[], { xid: string; position: number }>(
  'bus.lockRelay',
  "select xid::text as xid, position from bus.relays where name = 'nats' for update skip locked",
);
const moveRelay = statement<[xid: string, position: number]>(
  'bus.moveRelay',
  "update bus.relays set xid = $1::xid8, position = $2 where name = 'nats'",
);

const pageSize = 200;
const heldBackMs = 10;
const afterFailureMs = 1_000;

/** Publishes the ledger in its order. Every process has one; a lock lets one at a time work. */
export interface Relay {
  start(): Promise<void>;
  wake(): void;
  stop(): Promise<void>;
}

export function createRelay(options: {
  db: Database;
  connectionString: string;
  log: Log;
  clock: Clock;
  publish: (carried: Carried) => Promise<void>;
}): Relay {
  const { db, connectionString, log, clock, publish } = options;
  let awake = false;
  let running: Promise<void> | undefined;
  let timer: Timer | undefined;
  let stopped = false;
  const listener = createPostgresWake({ connectionString, wake, log, clock });

  async function work(): Promise<void> {
    while (awake && !stopped) {
      awake = false;
      try {
        // Asked before reading: what is held back now may be let go without a sound before a later question.
        const held = (await db.first(heldBack))?.held === true;
        while (!stopped && (await publishPage()));
        if (held) wakeAfter(heldBackMs);
      } catch (error) {
        if (!stopped) log.debug({ err: error }, 'events could not be published; trying again');
        wakeAfter(afterFailureMs);
      }
    }
    running = undefined;
  }

  /**
   * One page, under the lock. A page whose publishing fails is published again later: JetStream drops what it has by
   * the event's id, and readers by its place.
   */
  async function publishPage(): Promise<boolean> {
    return db.write(async (tx) => {
      const place = await tx.first(lockRelay);
      if (!place) return false;
      const rows = await tx.all(readAfter, place.xid, place.position, pageSize);
      let previous: Cursor = { xid: place.xid, position: place.position };
      const sent: Promise<void>[] = [];
      for (const row of rows) {
        const at = { xid: row.xid, position: row.position };
        sent.push(publish({ event: toEvent(row), at, previous }));
        previous = at;
      }
      await Promise.all(sent);
      if (rows.length > 0) await tx.run(moveRelay, previous.xid, previous.position);
      return rows.length === pageSize;
    });
  }

  function wakeAfter(delayMs: number): void {
    timer?.cancel();
    timer = clock.after(delayMs, wake);
  }

  function wake(): void {
    awake = true;
    if (!stopped) running ??= work();
  }

  return {
    async start() {
      await db.write(async (tx) => void (await tx.run(addRelay)));
      await listener.start();
    },
    wake,
    async stop() {
      stopped = true;
      timer?.cancel();
      await listener.stop();
      await running;
    },
  };
}
