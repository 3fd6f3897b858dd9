/**
 * People whose names were asked for lately, in memory: names stand in almost every answer of the house, and change
 * seldom. What changes a person tells it, in this process at once and in others by event; what is being read while a
 * person changes is not kept.
 */
import type { Subscription } from '@steading/bus';
import { PersonChanged } from '@steading/contracts/identity-events';
import type { Database, Writer } from '@steading/db';
import type { Caller } from '@steading/kit';
import { LRUCache } from 'lru-cache';
import type { IdentityDeps } from '#src/deps.ts';
import type { PersonRow } from '#src/people.ts';
import { peopleReader } from '#src/people-db.ts';

/** What is kept of a person: nothing that lets anybody in. */
export type KnownPerson = Omit<PersonRow, 'password_hash'>;

export interface KnownPeople {
  /** At once, where the person is known already. */
  get(id: string): KnownPerson | undefined;
  /** Reads them; those that do not exist are missing from the answer. */
  read(ids: readonly string[]): Promise<ReadonlyMap<string, KnownPerson>>;
  /** Called in the transaction that changes the person; every process forgets what it knew. */
  changed(tx: Writer, caller: Caller, id: string): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

const maxKnown = 10_000;
/** Nothing is believed for longer, whatever was or was not heard. */
const knownMs = 60_000;

export function createKnownPeople({
  db,
  bus,
}: {
  readonly db: Database;
  readonly bus: IdentityDeps['bus'];
}): KnownPeople {
  const known = new LRUCache<string, KnownPerson>({ max: maxKnown, ttl: knownMs });
  let subscription: Subscription | undefined;
  /** Goes up with everything that is forgotten. */
  let changes = 0;

  function forget(id: string): void {
    changes++;
    known.delete(id);
  }

  return {
    get: (id) => (subscription ? known.get(id) : undefined),
    async read(ids) {
      const before = changes;
      const found = new Map<string, KnownPerson>();
      for (const { password_hash: _, ...person } of await peopleReader(db).byIds(ids)) found.set(person.id, person);
      if (before === changes) for (const person of found.values()) known.set(person.id, person);
      return found;
    },
    async changed(tx, caller, id) {
      await bus.emit(tx, PersonChanged, { key: id, caller, data: { userId: id } });
      tx.afterCommit(() => forget(id));
    },
    start() {
      subscription = bus.broadcast(
        [PersonChanged],
        (event) => forget((event.data as { userId: string }).userId),
        () => {
          changes++;
          known.clear();
        },
      );
    },
    async stop() {
      await subscription?.stop();
      subscription = undefined;
    },
  };
}
