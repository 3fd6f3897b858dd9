/**
 * Sends answers as server-sent events (WHATWG HTML, "Server-sent events"), no faster than the reader reads: the next
 * answer is made when the last one has been taken. A reader that takes nothing for `patienceMs` is cut off.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '@steading/kit';
import type { GraphEvent } from '#src/graph/graph-events.ts';

export const eventHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // For proxies that would gather what comes before they pass it on.
  'x-accel-buffering': 'no',
} as const;

/** Silence after which a comment goes out, so that proxies keep the connection. */
export const heartbeatMs = 15_000;
export const patienceMs = 30_000;
/** How long the last words may take to leave. */
const goodbyeMs = 1_000;

export interface EventStreamOptions {
  /** Its header has been set, and not sent. */
  readonly outgoing: ServerResponse;
  readonly events: AsyncIterable<GraphEvent>;
  /** Aborted when it is to end now: the events then end by themselves, with the reason as their last one. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Resolves when all is sent, or the reader has gone or been cut off. */
export async function sendEvents({ outgoing, events, signal, clock }: EventStreamOptions): Promise<void> {
  let beat = { cancel() {} };
  const beatLater = () => {
    beat.cancel();
    beat = clock.after(heartbeatMs, () => {
      if (!outgoing.writableNeedDrain) outgoing.write(': still here\n\n');
      beatLater();
    });
  };
  try {
    // A first comment sends the header: whoever subscribed knows that it stands before anything happens.
    outgoing.write(':\n\n');
    beatLater();
    for await (const event of events) {
      if (outgoing.destroyed) return;
      const taken = outgoing.write(wireText(event));
      beatLater();
      if (!taken && !(await drained(outgoing, signal, clock))) return void outgoing.destroy();
    }
  } finally {
    beat.cancel();
    if (!outgoing.destroyed) await goodbye(outgoing, clock);
  }
}

function wireText(event: GraphEvent): string {
  return event === 'complete' ? 'event: complete\ndata:\n\n' : `event: next\ndata: ${event.next}\n\n`;
}

/** Whether the reader took what was sent, in time. */
function drained(outgoing: ServerResponse, signal: AbortSignal, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (taken: boolean) => {
      timer.cancel();
      outgoing.off('drain', yes);
      outgoing.off('close', no);
      signal.removeEventListener('abort', no);
      resolve(taken);
    };
    const yes = () => end(true);
    const no = () => end(false);
    const timer = clock.after(patienceMs, no);
    outgoing.once('drain', yes);
    outgoing.once('close', no);
    signal.addEventListener('abort', no, { once: true });
    if (signal.aborted || outgoing.destroyed) no();
  });
}

function goodbye(outgoing: ServerResponse, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(goodbyeMs, () => {
      outgoing.destroy();
      resolve();
    });
    const done = () => {
      timer.cancel();
      resolve();
    };
    outgoing.once('close', done);
    outgoing.end(done);
  });
}
