import type { Database, Writer } from '@steading/db';
import type { Clock, Log, Timer } from '@steading/kit';
import type { Listener } from '#src/bus.ts';
import { attempt } from '#src/consume/attempt.ts';
import { addConsumer, lockConsumer, moveConsumer, readPlace, skipIdle } from '#src/consume/consumers-db.ts';
import {
  bury,
  delay,
  nextDue,
  park,
  parkedKeys,
  promote,
  promoteAll,
  unpark,
  untilNextDue,
} from '#src/consume/parked-db.ts';
import { retryDelayMs } from '#src/consume/retry-delay.ts';
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
  /** Moves its place to the present when there is nothing to hear. */
  skipIdle(): Promise<void>;
  stop(): Promise<void>;
}

const batchSize = 50;
/** Parked events that are tried before it is looked again for new ones: neither waits for all of the other. */
const parkedAtOnce = 10;
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
        while (!stopped && [await takeBatch(), await takeSomeParked()].includes(true));
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
      takenElsewhere = !(await tx.first(lockConsumer, name))?.locked;
      if (takenElsewhere) return false;
      const place = await tx.first(readPlace, name);
      if (!place) return begin(tx);
      const rows = await tx.all(readAfterOfTypes, place.xid, place.position, [...types], batchSize);
      if (rows.length === 0) return false;
      const blocked = new Set(
        (await tx.all(parkedKeys, name, [...new Set(rows.map((row) => row.key))])).map((row) => row.key),
      );
      let last: LedgerRow | undefined;
      for (const row of rows) {
        last = row;
        if (blocked.has(row.key)) await parkRow(tx, row, 0, null, 'waits for an earlier event of the same key');
        // What took too long ends the batch: its transaction has been open for long enough.
        else if ((await tryRow(tx, row, blocked)).late) break;
      }
      if (last && (await tx.run(moveConsumer, name, last.xid, last.position, place.xid, place.position)) === 0)
        throw new Error('another process moved the place of this listener; what was done is undone');
      return rows.length === batchSize || last !== rows.at(-1);
    });
  }

  /** Its place is gone while it is here: better at the present than deaf. */
  async function begin(tx: Writer): Promise<boolean> {
    log.error({ consumer: name }, 'the place of a listener was removed; it goes on from the present');
    await tx.run(addConsumer, name, [...types]);
    return true;
  }

  async function tryRow(tx: Writer, row: LedgerRow, blocked: Set<string>): Promise<{ late: boolean }> {
    const { error, late } = await attempt(tx, toEvent(row), { listener, clock, log });
    if (!error) return { late };
    const dead = maxAttempts <= 1;
    await parkRow(tx, row, 1, retryDelayMs(1), error, dead);
    if (!dead) blocked.add(row.key);
    return { late };
  }

  /** Tries what is due, one transaction each. Resolves with whether there may be more. */
  async function takeSomeParked(): Promise<boolean> {
    for (let count = 0; count < parkedAtOnce; count++) if (stopped || !(await takeParked())) return false;
    return true;
  }

  /** Tries the first due parked event. Resolves with whether there was one. */
  async function takeParked(): Promise<boolean> {
    return db.write(async (tx) => {
      if (!(await tx.first(lockConsumer, name))?.locked) return false;
      const due = await tx.first(nextDue, name);
      if (!due) return false;
      const { error } = await attempt(tx, due.event, { listener, clock, log });
      const attempts = due.attempts + 1;
      if (!error) {
        if ((await tx.run(unpark, due.id)) === 0)
          throw new Error('another process took in this parked event; what was done is undone');
      } else if (attempts >= maxAttempts) {
        await tx.run(bury, due.id, attempts, error);
        log.error({ consumer: name, event: due.event.id, type: due.event.type }, 'an event became a dead letter');
      } else await tx.run(delay, due.id, attempts, retryDelayMs(attempts), error);
      if (!error || attempts >= maxAttempts) await tx.run(promote, name, due.event.key);
      return true;
    });
  }

  function parkRow(
    tx: Writer,
    row: LedgerRow,
    attempts: number,
    delayMs: number | null,
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
    prepare: () =>
      db.write(async (tx) => {
        await tx.run(addConsumer, name, [...types]);
        if ((await tx.first(lockConsumer, name))?.locked) await tx.run(promoteAll, name);
      }),
    wake,
    skipIdle: () =>
      db.write(async (tx) => {
        // Whom somebody works on is not idle.
        if (!(await tx.first(lockConsumer, name))?.locked) return;
        await tx.run(skipIdle, name, [...types]);
        await tx.run(promoteAll, name);
      }),
    async stop() {
      stopped = true;
      timer?.cancel();
      await running;
    },
  };
}
