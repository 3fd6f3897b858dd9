/**
 * What the processes of a house count together. Each adds what it counted to a table now and then; the same statement
 * answers with what all of them counted. At rest nothing is asked. Without the database each counts alone, and adds
 * what it counted later.
 */
import type { Database } from '@steading/db';
import type { Clock, Log, Timer } from '@steading/kit';
import { type Count, countsDb } from '#src/counts-db.ts';

export interface SharedCounts {
  counter(options: {
    readonly name: string;
    /** Called with what all processes counted for `who`, until the window ends. */
    readonly know: (who: string, total: number, leftMs: number) => void;
  }): Counter;
  stop(): Promise<void>;
}

export interface Counter {
  /** One more, to be told within a moment. */
  add(who: string, leftMs: number): void;
  /** One more, told now; gives what all counted with it, or undefined where the database cannot be asked. */
  addNow(who: string, leftMs: number): Promise<Count | undefined>;
}

const tellMs = 200;
const afterFailureMs = 1_000;
const perStatement = 1_000;
/** More than so many are not remembered while the database is away: each is counted here all the same. */
const mostWaiting = 20_000;
const pruneMs = 60_000;

interface Waiting {
  readonly name: string;
  readonly who: string;
  readonly endsMs: number;
  points: number;
}

export function createSharedCounts({ db, clock, log }: { db: Database; clock: Clock; log: Log }): SharedCounts {
  const waiting = new Map<string, Waiting>();
  const knowers = new Map<string, (who: string, total: number, leftMs: number) => void>();
  let timer: Timer | undefined;
  let telling: Promise<void> | undefined;
  let isAway = false;
  let prunedMs = clock.now();

  const keyOf = (name: string, who: string) => `${name} ${who}`;

  function put(name: string, who: string, points: number, endsMs: number): void {
    const known = waiting.get(keyOf(name, who));
    if (known) known.points += points;
    else if (waiting.size < mostWaiting) waiting.set(keyOf(name, who), { name, who, points, endsMs });
    tellLater(tellMs);
  }

  function tellLater(delayMs: number): void {
    timer ??= clock.after(delayMs, () => {
      timer = undefined;
      telling ??= tell().finally(() => {
        telling = undefined;
        if (waiting.size > 0) tellLater(isAway ? afterFailureMs : tellMs);
      });
    });
  }

  function take(): Waiting[] {
    const batch: Waiting[] = [];
    for (const [key, each] of waiting) {
      waiting.delete(key);
      if (each.endsMs > clock.now()) batch.push(each);
      if (batch.length >= perStatement) break;
    }
    return batch;
  }

  /** Tells all that waited when it began. */
  async function tell(): Promise<void> {
    for (let left = waiting.size; left > 0; left -= perStatement) {
      const batch = take();
      if (batch.length === 0) return;
      try {
        for (const each of await countsDb.add(db, batch.map(toCount))) heard(each);
        isAway = false;
      } catch (error) {
        if (!isAway) log.warn({ err: error }, 'limits are not shared with other processes for the moment');
        isAway = true;
        for (const each of batch) put(each.name, each.who, each.points, each.endsMs);
        return;
      }
    }
    await prune();
  }

  function heard({ name, who, points, leftMs }: Count): void {
    knowers.get(name)?.(who, points + (waiting.get(keyOf(name, who))?.points ?? 0), leftMs);
  }

  async function prune(): Promise<void> {
    if (clock.now() - prunedMs < pruneMs) return;
    prunedMs = clock.now();
    await db.write((tx) => countsDb.prune(tx)).catch(() => 0);
  }

  const toCount = ({ name, who, points, endsMs }: Waiting): Count => ({
    name,
    who,
    points,
    leftMs: Math.max(1, endsMs - clock.now()),
  });

  return {
    counter({ name, know }) {
      knowers.set(name, know);
      return {
        add: (who, leftMs) => put(name, who, 1, clock.now() + leftMs),
        async addNow(who, leftMs) {
          try {
            const [count] = await countsDb.add(db, [{ name, who, points: 1, leftMs: Math.max(1, leftMs) }]);
            if (count) heard(count);
            return count;
          } catch (error) {
            log.debug({ err: error }, 'a limit could not be asked for; what is counted here decides');
            put(name, who, 1, clock.now() + leftMs);
            return undefined;
          }
        },
      };
    },
    async stop() {
      timer?.cancel();
      await telling;
      timer?.cancel();
      await tell().catch(() => {});
    },
  };
}
