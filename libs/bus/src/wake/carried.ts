import type { HouseEvent } from '#src/event.ts';
import type { Cursor } from '#src/ledger/ledger-db.ts';

/** What the relay publishes: the event, its place in the ledger, and the place before it, by which a gap is seen. */
export interface Carried {
  /** Absent where it is larger than NATS takes: then it is read from the ledger. */
  readonly event?: HouseEvent;
  /** The history that the places belong to: of another one, or of another house, they mean nothing. */
  readonly history: string;
  readonly at: Cursor;
  readonly previous: Cursor;
}

export const streamName = 'STEADING_EVENTS';
export const subjectOf = (event: HouseEvent): string => `steading.events.${event.type}`;
