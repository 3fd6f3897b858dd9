import type { Database } from '@steading/db';
import { type DeadRow, discardDead, listDead, revive } from '#src/consume/parked-db.ts';
import type { HouseEvent } from '#src/event.ts';

export interface DeadLetter {
  readonly id: string;
  readonly consumer: string;
  readonly event: HouseEvent;
  readonly attempts: number;
  readonly error: string;
  readonly at: Date;
}

/** Events that no attempt of their listener could take in; kept until somebody replays or discards them. */
export interface DeadLetters {
  /** The newest first; at most 500. */
  list(limit?: number): Promise<DeadLetter[]>;
  /** Tries it again from the first attempt. False when there is no such letter. */
  replay(id: string): Promise<boolean>;
  discard(id: string): Promise<boolean>;
}

export function createDeadLetters(db: Database, wake: (consumer: string) => void): DeadLetters {
  const idOf = (id: string) => (/^\d{1,15}$/.test(id) ? Number(id) : -1);
  return {
    list: async (limit = 100) => (await db.all(listDead, Math.min(limit, 500))).map(toLetter),
    async replay(id) {
      const letter = (await db.all(listDead, 500)).find((row) => String(row.id) === id);
      const revived = await db.write((tx) => tx.run(revive, idOf(id)));
      if (letter) wake(letter.consumer);
      return revived > 0;
    },
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
