import type { Writer } from '@steading/db';
import type { Caller } from '@steading/kit';
import type { EventDefinition, HouseEvent } from '#src/event.ts';

/** The stream of events, as a service sees it. Two transports keep this promise: PostgreSQL alone, and NATS JetStream. */
export interface Bus {
  /**
   * Tells, inside the transaction of what is told: nothing is lost, nothing is told that did not happen.
   * The data is checked against the definition's schema.
   */
  emit<Data>(
    tx: Writer,
    event: EventDefinition<string, Data>,
    told: { key: string; caller: Caller; data: Data },
  ): Promise<void>;

  /**
   * Hears everything from now on, in this process, at least once and perhaps with gaps: for emptying caches and
   * waking sockets. What must not be missed is a `Listener`.
   * `onGap` is called when something was or may have been missed: what came was pruned while this process slept, the
   * database was replaced beneath it, or an event is of a version that it does not know. Read again.
   */
  broadcast(events: readonly EventDefinition[], handler: BroadcastHandler, onGap?: () => void): Subscription;
}

export type BroadcastHandler = (event: HouseEvent) => void;

export interface Subscription {
  stop(): Promise<void>;
}

/**
 * A durable listener, declared by a service in `listeners/`. Each event is applied once: `handle` runs in a
 * transaction that also marks the event as handled. It may throw: then it is tried again with growing delay, while
 * later events of the same key wait and other keys go on; after the last try it becomes a dead letter.
 */
export interface Listener {
  /** Durable name, `deploy.on-space-removed`; the instances of a service share it. */
  readonly consumer: string;
  readonly events: readonly EventDefinition[];
  /** Default 8. */
  readonly maxAttempts?: number;
  /** A try that has not returned by then has failed; default 20 000. While it runs after its first write, readers wait. */
  readonly timeoutMs?: number;
  handle(event: HouseEvent, tx: Writer): Promise<void>;
}

/** Declares a listener of one event, with its data typed. */
export function listen<Data>(
  consumer: string,
  event: EventDefinition<string, Data>,
  handle: (event: HouseEvent<Data>, tx: Writer) => Promise<void>,
): Listener {
  return { consumer, events: [event as EventDefinition], handle: (heard, tx) => handle(heard as HouseEvent<Data>, tx) };
}
