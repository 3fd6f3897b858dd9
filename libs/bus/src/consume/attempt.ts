/**
 * One try of a listener with one event, inside the transaction that marks the event as handled. What a failed try did is
 * undone: its rows, and what was to follow the commit. A try that does not return in time has failed too, and what it
 * still does afterwards is refused, for by then the transaction belongs to the next event.
 */
import type { Writer } from '@steading/db';
import type { Clock, Log } from '@steading/kit';
import type { Listener } from '#src/bus.ts';
import { releaseSavepoint, rollbackToSavepoint, savepoint } from '#src/consume/consumers-db.ts';
import type { HouseEvent } from '#src/event.ts';

export interface Attempt {
  /** Why it failed; undefined: it did not. */
  readonly error: string | undefined;
  /** Whether it failed by its deadline. */
  readonly late: boolean;
}

/** Below the time after which the database ends a transaction in which nothing is said. */
const defaultTimeoutMs = 20_000;

class Late extends Error {}

/** @throws only where the transaction itself is lost: then the whole batch is tried again. */
export async function attempt(
  tx: Writer,
  event: HouseEvent,
  { listener, clock, log }: { readonly listener: Listener; readonly clock: Clock; readonly log: Log },
): Promise<Attempt> {
  const lent = lend(tx);
  await tx.all(savepoint);
  try {
    checkVersion(listener, event);
    await within(listener.timeoutMs ?? defaultTimeoutMs, clock, listener.handle(event, lent.writer));
    const following = lent.end();
    await tx.all(releaseSavepoint);
    for (const call of following) tx.afterCommit(call);
    return { error: undefined, late: false };
  } catch (error) {
    lent.end();
    // A lost connection ends here too: then this statement fails.
    await tx.all(rollbackToSavepoint);
    const about = { err: error, consumer: listener.consumer, event: event.id, type: event.type };
    log.warn({ ...about, requestId: event.requestId }, 'a listener failed');
    return { error: String((error as Error).message).slice(0, 500), late: error instanceof Late };
  }
}

/** A version that the listener does not declare would be misread; a process that knows it may come. */
function checkVersion({ events, consumer }: Listener, { type, version }: HouseEvent): void {
  if (events.some((known) => known.type === type && known.version === version)) return;
  const known = events.filter((each) => each.type === type).map((each) => each.version);
  throw new Error(
    `${type} is of version ${version}; ${consumer} knows ${known.join(' and ')}. Replay it when a version of the house runs that knows it.`,
  );
}

async function within(timeoutMs: number, clock: Clock, work: Promise<void>): Promise<void> {
  let end = () => {};
  const late = new Promise<never>((_, reject) => {
    const timer = clock.after(timeoutMs, () => reject(new Late(`the listener did not return within ${timeoutMs} ms`)));
    end = () => timer.cancel();
  });
  try {
    await Promise.race([work, late]);
  } finally {
    end();
  }
}

/** The transaction, for as long as it is lent. `end` resolves with what is to follow the commit. */
function lend(tx: Writer): { readonly writer: Writer; end(): readonly (() => void)[] } {
  let over = false;
  const following: (() => void)[] = [];
  const check = () => {
    if (over) throw new Error('bug: the event was given up, and its transaction is no longer the listener’s');
  };
  return {
    writer: {
      async all(statement, ...params) {
        check();
        return tx.all(statement, ...params);
      },
      async first(statement, ...params) {
        check();
        return tx.first(statement, ...params);
      },
      async run(statement, ...params) {
        check();
        return tx.run(statement, ...params);
      },
      afterCommit(call) {
        check();
        following.push(call);
      },
    },
    end() {
      over = true;
      return following;
    },
  };
}
