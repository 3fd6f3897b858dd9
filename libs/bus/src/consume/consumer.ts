import type { Database, Writer } from '@steading/db';
import type { Clock, Log, Timer } from '@steading/kit';
import type { Listener } from '#src/bus.ts';
import {
  addConsumer,
  countBehind,
  lockConsumer,
  moveConsumer,
  releaseSavepoint,
  rollbackToSavepoint,
  savepoint,
  skipIdle,
} from '#src/consume/consumers-db.ts';
import { bury, delay, nextDue, park, parkedKeys, unpark, untilNextDue } from '#src/consume/parked-db.ts';
import { retryDelayMs } from '#src/consume/retry-delay.ts';
import type { HouseEvent } from '#src/event.ts';
import { type LedgerRow, readAfterOfTypes, toEvent } from '#src/ledger/ledger-db.ts';

/**
 * One durable listener at work. Its place in the ledger moves in the transaction of its effects, so each event takes
 * effect once, whatever is killed when. An event that fails is parked with everything of its key behind it; other keys
 * go on.
 */
export interface Consumer {
  readonly name: string;
  readonly types: ReadonlySet<string>;
  /** Makes its place, at the present, when it is new. */
  prepare(): Promise<void>;
  /** Says that there may be something new. Returns at once. */
  wake(): void;
  behind(): Promise<number>;
  /** Moves its place to the present when there is nothing to hear. */
  skipIdle(): Promise<void>;
  stop(): Promise<void>;
}

const batchSize = 50;
const defaultMaxAttempts = 8;
const afterFailureMs = 1_000;
/** How soon to look again when another process works on this listener: it may be killed with its work undone. */
const takenElsewhereMs = 500;

export function createConsumer(options: { db: Database; listener: Listener; log: Log; clock: Clock }): Consumer {
  const { db, listener, log, clock } = options;
  const name = listener.consumer;
  const types = new Set(listener.events.map((event) => event.type));
  const maxAttempts = listener.maxAttempts ?? defaultMaxAttempts;
  let awake = false;
  let running: Promise<void> | undefined;
  let timer: Timer | undefined;
  let stopped = false;
  let takenElsewhere = false;

  async function work(): Promise<void> {
    while (awake && !stopped) {
      awake = false;
      try {
        while (!stopped && (await takeBatch()));
        while (!stopped && (await takeParked()));
        await scheduleParked();
      } catch (error) {
        log.warn({ err: error, consumer: name }, 'a listener could not go on; trying again');
        wakeAfter(afterFailureMs);
      }
    }
    running = undefined;
  }

  /** Takes in what is new. Resolves with whether there may be more. */
  async function takeBatch(): Promise<boolean> {
    return db.write(async (tx) => {
      const place = await tx.first(lockConsumer, name);
      takenElsewhere = !place;
      if (!place) return false;
      const rows = await tx.all(readAfterOfTypes, place.xid, place.position, [...types], batchSize);
      const last = rows.at(-1);
      if (!last) return false;
      const blocked = new Set(
        (await tx.all(parkedKeys, name, [...new Set(rows.map((row) => row.key))])).map((row) => row.key),
      );
      for (const row of rows) {
        if (blocked.has(row.key)) await parkRow(tx, row, 0, 0, 'waits for an earlier event of the same key');
        else if (!(await tryRow(tx, row))) blocked.add(row.key);
      }
      await tx.run(moveConsumer, name, last.xid, last.position);
      return rows.length === batchSize;
    });
  }

  async function tryRow(tx: Writer, row: LedgerRow): Promise<boolean> {
    const error = await attempt(tx, toEvent(row));
    if (!error) return true;
    const dead = maxAttempts <= 1;
    await parkRow(tx, row, 1, retryDelayMs(1), error, dead);
    return dead;
  }

  /** Tries the first due parked event. Resolves with whether there was one. */
  async function takeParked(): Promise<boolean> {
    return db.write(async (tx) => {
      if (!(await tx.first(lockConsumer, name))) return false;
      const due = await tx.first(nextDue, name);
      if (!due) return false;
      const error = await attempt(tx, due.event);
      const attempts = due.attempts + 1;
      if (!error) await tx.run(unpark, due.id);
      else if (attempts >= maxAttempts) {
        await tx.run(bury, due.id, attempts, error);
        log.error({ consumer: name, event: due.event.id, type: due.event.type }, 'an event became a dead letter');
      } else await tx.run(delay, due.id, attempts, retryDelayMs(attempts), error);
      return true;
    });
  }

  /** Runs the listener inside the transaction; what it did is undone when it fails. */
  async function attempt(tx: Writer, event: HouseEvent): Promise<string | undefined> {
    await tx.all(savepoint);
    try {
      await listener.handle(event, tx);
      await tx.all(releaseSavepoint);
      return undefined;
    } catch (error) {
      // A lost connection ends here too: then this statement fails, and the whole batch is tried again.
      await tx.all(rollbackToSavepoint);
      log.warn(
        { err: error, consumer: name, event: event.id, type: event.type, requestId: event.requestId },
        'a listener failed',
      );
      return String((error as Error).message).slice(0, 500);
    }
  }

  function parkRow(
    tx: Writer,
    row: LedgerRow,
    attempts: number,
    delayMs: number,
    error: string,
    dead = false,
  ): Promise<number> {
    return tx.run(
      park,
      name,
      row.position,
      row.id,
      row.key,
      JSON.stringify(toEvent(row)),
      attempts,
      delayMs,
      error,
      dead,
    );
  }

  async function scheduleParked(): Promise<void> {
    const next = await db.first(untilNextDue, name);
    const parkedMs = Math.max(20, next?.ms ?? Number.POSITIVE_INFINITY);
    const soonestMs = takenElsewhere ? Math.min(takenElsewhereMs, parkedMs) : parkedMs;
    if (Number.isFinite(soonestMs)) wakeAfter(soonestMs);
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
    name,
    types,
    prepare: () => db.write(async (tx) => void (await tx.run(addConsumer, name))),
    wake,
    skipIdle: () => db.write(async (tx) => void (await tx.run(skipIdle, name, [...types]))),
    behind: async () => (await db.first(countBehind, name, [...types]))?.behind ?? 0,
    async stop() {
      stopped = true;
      timer?.cancel();
      await running;
    },
  };
}
