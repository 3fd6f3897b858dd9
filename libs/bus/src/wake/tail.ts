import type { Database } from '@steading/db';
import type { Clock, Log, Timer } from '@steading/kit';
import type { HouseEvent } from '#src/event.ts';
import { type Cursor, present, readAfter, readState, toEvent } from '#src/ledger/ledger-db.ts';
import type { Carried } from '#src/wake/carried.ts';

/**
 * Follows the ledger in its order from the present on, in memory. Woken from outside (a notification, a message, a
 * slow timer); it reads until nothing is new, and comes back by itself while a running transaction holds events back.
 */
export interface Tail {
  start(): Promise<void>;
  wake(): void;
  /** Takes an event that came by another way. Where it does not follow what was seen last, the ledger is read instead. */
  take(carried: Carried): void;
  stop(): Promise<void>;
}

const pageSize = 200;
const heldBackMs = 10;
const afterFailureMs = 500;

export function createTail(options: {
  db: Database;
  log: Log;
  clock: Clock;
  onEvent: (event: HouseEvent) => void;
  /** Events were or may have been missed. */
  onGap: () => void;
}): Tail {
  const { db, log, clock, onEvent, onGap } = options;
  let cursor: Cursor = { xid: '0', position: 0 };
  /** Where it stood when it last asked what was pruned. */
  let asked = cursor;
  let history = '';
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
        const held = await ask();
        for (;;) {
          const rows = await db.all(readAfter, cursor.xid, cursor.position, pageSize);
          for (const row of rows) {
            cursor = { xid: row.xid, position: row.position };
            onEvent(toEvent(row));
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

  /** Whether events are held back. Begins anew at the present where its place means nothing any more. */
  async function ask(): Promise<boolean> {
    const state = await db.first(readState, asked.xid, asked.position);
    if (!state) throw new Error('bug: bus.history has no row');
    if (state.history !== history || state.ahead) {
      log.warn('the ledger was replaced beneath this process; it goes on from the present');
      await begin();
      onGap();
    } else if (state.pruned) {
      log.warn('events were pruned before this process had read them');
      onGap();
    }
    asked = cursor;
    return state.held;
  }

  async function begin(): Promise<void> {
    const now = await db.first(present);
    if (!now) throw new Error('bug: bus.history has no row');
    cursor = { xid: now.xid, position: now.position };
    asked = cursor;
    history = now.history;
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
    start: begin,
    wake,
    take(carried) {
      const { event, at, previous } = carried;
      const follows =
        carried.history === history && previous.xid === cursor.xid && previous.position === cursor.position;
      if (running || !event || !follows) return wake();
      cursor = at;
      onEvent(event);
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await running;
    },
  };
}
