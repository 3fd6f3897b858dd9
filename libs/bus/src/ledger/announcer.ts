import type { Database, Writer } from '@steading/db';
import type { Clock, Log, Timer } from '@steading/kit';
import { notifyTail } from '#src/ledger/ledger-db.ts';

/**
 * Tells every process that the ledger has something new. A transaction with a NOTIFY takes a lock of the whole server for
 * its commit (PreCommit_Notify in PostgreSQL's async.c): tellers would stand in one line, each for a write to the disk.
 * So only who tells alone says it in its own transaction. Where others told just before, one notification follows the
 * commits of all. A process that is killed between the two has told all the same: it is heard with the next notification
 * of anybody, or when processes look by themselves.
 */
export interface Announcer {
  /** Sees to it that what this transaction tells is heard of when it is committed. */
  say(tx: Writer): Promise<void>;
  /** Sends what is to be said yet. */
  stop(): Promise<void>;
}

/** How far apart notifications of one process are: nobody hears of an event later than by this. */
const apartMs = 5;

export function createAnnouncer({ db, clock, log }: { db: Database; clock: Clock; log: Log }): Announcer {
  let last = Number.NEGATIVE_INFINITY;
  let timer: Timer | undefined;
  let sending: Promise<void> | undefined;

  async function send(): Promise<void> {
    timer = undefined;
    last = clock.now();
    try {
      await db.all(notifyTail);
    } catch (error) {
      // Who lost the database looks at the ledger as soon as it is back.
      log.debug({ err: error }, 'that something was told could not be said');
    }
  }

  function later(): void {
    timer ??= clock.after(Math.max(0, last + apartMs - clock.now()), () => (sending = send()));
  }

  return {
    async say(tx) {
      if (timer || clock.now() - last < apartMs) return tx.afterCommit(later);
      last = clock.now();
      await tx.all(notifyTail);
    },
    async stop() {
      if (timer) {
        timer.cancel();
        await send();
      }
      await sending;
    },
  };
}
