import { kitErrors } from '@steading/kit';
import type { Bus } from '#src/bus.ts';
import type { EventDefinition, HouseEvent } from '#src/event.ts';

export interface HeardOptions {
  /** Ends it. Must abort in the end, also where nobody reads. */
  readonly signal: AbortSignal;
  /** Default: all. */
  readonly wanted?: (event: HouseEvent) => boolean;
  /** Of waiting events with the same name only the newest is kept; default: each is one of its own. */
  readonly sameAs?: (event: HouseEvent) => string;
  /** Events that may wait for a slow reader; default 200. */
  readonly maxWaiting?: number;
}

/**
 * Events of the house from this call on, as something to read: for what stays open. A reader that falls behind is ended
 * with `too-slow`, and one that may have missed something with `unavailable`: both read anew what they follow.
 */
export function heardEvents(
  bus: Pick<Bus, 'broadcast'>,
  events: readonly EventDefinition[],
  { signal, wanted = () => true, sameAs, maxWaiting = 200 }: HeardOptions,
): AsyncGenerator<HouseEvent> {
  const waiting = new Map<string, HouseEvent>();
  let wake: (() => void) | undefined;
  let problem: Error | undefined;
  let isOver = false;

  function end(error?: Error): void {
    if (isOver) return;
    isOver = true;
    problem = error;
    void subscription.stop();
    signal.removeEventListener('abort', abort);
    wake?.();
  }
  const abort = () => end();
  const subscription = bus.broadcast(
    events,
    (event) => {
      if (isOver || !wanted(event)) return;
      waiting.set(sameAs?.(event) ?? event.id, event);
      if (waiting.size > maxWaiting) end(kitErrors('too-slow'));
      wake?.();
    },
    () => end(kitErrors('unavailable', { what: 'The stream of events' })),
  );
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) end();

  async function* read(): AsyncGenerator<HouseEvent> {
    try {
      while (!signal.aborted) {
        if (problem) throw problem;
        const [first] = waiting;
        if (first) {
          waiting.delete(first[0]);
          yield first[1];
        } else {
          await new Promise<void>((resolve) => (wake = resolve));
          wake = undefined;
        }
      }
    } finally {
      end();
    }
  }
  return read();
}
