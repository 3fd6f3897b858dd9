import { type Database, statement } from '@steading/db';
import type { Clock, Log, Timer } from '@steading/kit';
import { type Cursor, readAfter, readState, toEvent } from '#src/ledger/ledger-db.ts';
import type { Carried } from '#src/wake/carried.ts';
import { createPostgresWake } from '#src/wake/postgres-wake.ts';

const addRelay = statement(
  'bus.addRelay',
  "insert into bus.relays (name, xid, position) values ('nats', pg_snapshot_xmin(pg_current_snapshot()), 0) on conflict do nothing",
);
/** An advisory lock, which takes no transaction id: publishing may take its time, and holds back no reader meanwhile. */
const lockRelay = statement<[], { locked: boolean }>(
  'bus.lockRelay',
  "select pg_try_advisory_xact_lock(hashtextextended('bus.relay nats', 0)) as locked",
);
const readRelay = statement<[], { xid: string; position: number; history: string }>(
  'bus.readRelay',
  "select r.xid::text as xid, r.position, h.id::text as history from bus.relays r, bus.history h where r.name = 'nats'",
);
/** Changes nothing when another relay has moved the place meanwhile: it has published the same, and perhaps more. */
const moveRelay = statement<[xid: string, position: number, fromXid: string, fromPosition: number]>(
  'bus.moveRelay',
  `update bus.relays set xid = $1::xid8, position = $2
   where name = 'nats' and xid = $3::xid8 and position = $4`,
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
  /** A listener has something to do, which need not be in this process; undefined: any may have. */
  wakeListener: (consumer: string | undefined) => void;
  /** Called when PostgreSQL says that something was told, whoever publishes it. */
  onTold: () => void;
}): Relay {
  const { db, connectionString, log, clock, publish, wakeListener, onTold } = options;
  let awake = false;
  let running: Promise<void> | undefined;
  let timer: Timer | undefined;
  let stopped = false;
  const told = () => {
    onTold();
    wake();
  };
  const listener = createPostgresWake({
    connectionString,
    wake: (consumer) => (consumer ? wakeListener(consumer) : told()),
    listening: () => wakeListener(undefined),
    log,
    clock,
  });

  async function work(): Promise<void> {
    while (awake && !stopped) {
      awake = false;
      try {
        // Asked before reading: what is held back now may be let go without a sound before a later question.
        const held = (await db.first(readState, '0', 0))?.held === true;
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
      if (!(await tx.first(lockRelay))?.locked) return lookAgainLater();
      const place = await tx.first(readRelay);
      if (!place) return false;
      const rows = await tx.all(readAfter, place.xid, place.position, pageSize);
      let previous: Cursor = { xid: place.xid, position: place.position };
      const sent: Promise<void>[] = [];
      for (const row of rows) {
        const at = { xid: row.xid, position: row.position };
        sent.push(publish({ event: toEvent(row), history: place.history, at, previous }));
        previous = at;
      }
      await Promise.all(sent);
      if (rows.length > 0) await tx.run(moveRelay, previous.xid, previous.position, place.xid, place.position);
      return rows.length === pageSize;
    });
  }

  /** Another process publishes: it may be killed with its work undone. */
  function lookAgainLater(): false {
    wakeAfter(afterFailureMs);
    return false;
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
