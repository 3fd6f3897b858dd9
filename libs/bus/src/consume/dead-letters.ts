import type { Database } from '@steading/db';
import { type DeadRow, discardDead, isDead, listDead, notifyConsumer, revive } from '#src/consume/parked-db.ts';
import type { HouseEvent } from '#src/event.ts';

export interface DeadLetter {
  readonly id: string;
  readonly consumer: string;
  readonly event: HouseEvent;
  readonly attempts: number;
  readonly error: string;
  readonly at: Date;
}

/** `no-listener`: the house has no such listener any more, so that nobody would take it. */
export type Replayed = 'replayed' | 'unknown' | 'no-listener';

/** Events that no attempt of their listener could take in; kept until somebody replays or discards them. */
export interface DeadLetters {
  /** The newest first; at most 500. */
  list(limit?: number): Promise<DeadLetter[]>;
  /** Tries it again from the first attempt, in whichever process its listener is. */
  replay(id: string): Promise<Replayed>;
  /** False when there is no such letter. */
  discard(id: string): Promise<boolean>;
}

export function createDeadLetters(db: Database): DeadLetters {
  const idOf = (id: string) => (/^\d{1,15}$/.test(id) ? Number(id) : -1);
  return {
    list: async (limit = 100) => (await db.all(listDead, Math.min(limit, 500))).map(toLetter),
    replay: (id) =>
      db.write(async (tx): Promise<Replayed> => {
        const revived = await tx.first(revive, idOf(id));
        if (!revived) return (await tx.first(isDead, idOf(id))) ? 'no-listener' : 'unknown';
        await tx.all(notifyConsumer, revived.consumer);
        return 'replayed';
      }),
    discard: async (id) => (await db.write((tx) => tx.run(discardDead, idOf(id)))) > 0,
  };
}

function toLetter(row: DeadRow): DeadLetter {
  return {
    id: String(row.id),
    consumer: row.consumer,
    event: row.event,
    attempts: row.attempts,
    error: row.error,
    at: row.parked_at,
  };
}
