import type { Database } from '@steading/db';
import type { Clock, Log, Timer } from '@steading/kit';
import type { HouseEvent } from '#src/event.ts';
import { type Cursor, heldBack, type LedgerRow, present, readAfter, toEvent } from '#src/ledger/ledger-db.ts';

/**
 * Follows the ledger in its order from the present on, in memory. Woken from outside (a notification, a message, a
 * slow timer); it reads until nothing is new, and comes back by itself while a running transaction holds events back.
 */
export interface Tail {
  start(): Promise<void>;
  wake(): void;
  /** Takes an event that came by another way. False when it does not follow what was seen last: then the ledger is read. */
  take(event: HouseEvent, at: Cursor, previous: Cursor): boolean;
  stop(): Promise<void>;
}

const pageSize = 200;
const heldBackMs = 10;
const afterFailureMs = 500;

export function createTail(options: {
  db: Database;
  log: Log;
  clock: Clock;
  onEvent: (event: HouseEvent, row: LedgerRow | undefined) => void;
}): Tail {
  const { db, log, clock, onEvent } = options;
  let cursor: Cursor = { xid: '0', position: 0 };
  let awake = false;
  let running: Promise<void> | undefined;
  let timer: Timer | undefined;
  let stopped = false;
  let heldFor = 0;

  async function read(): Promise<void> {
    while (awake && !stopped) {
      awake = false;
      try {
        // Asked before reading: what is held back now may be let go without a sound before a later question.
        const held = (await db.first(heldBack))?.held === true;
        for (;;) {
          const rows = await db.all(readAfter, cursor.xid, cursor.position, pageSize);
          for (const row of rows) {
            cursor = { xid: row.xid, position: row.position };
            onEvent(toEvent(row), row);
          }
          if (rows.length < pageSize) break;
        }
        heldFor = held ? heldFor + 1 : 0;
        if (held) wakeAfter(Math.min(heldBackMs * heldFor, 250));
      } catch (error) {
        if (!stopped) log.warn({ err: error }, 'the ledger could not be read; trying again');
        wakeAfter(afterFailureMs);
      }
    }
    running = undefined;
  }

  function wakeAfter(delayMs: number): void {
    timer?.cancel();
    timer = clock.after(delayMs, wake);
  }

  function wake(): void {
    awake = true;
    if (!stopped) running ??= read();
  }

  return {
    async start() {
      cursor = (await db.first(present)) ?? cursor;
    },
    wake,
    take(event, at, previous) {
      if (running || previous.xid !== cursor.xid || previous.position !== cursor.position) {
        wake();
        return false;
      }
      cursor = at;
      onEvent(event, undefined);
      return true;
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await running;
    },
  };
}
