import type { Clock } from '#src/clock.ts';
import type { Log } from '#src/log.ts';

export interface Stoppable {
  readonly name: string;
  /** Stops taking new work, finishes what it has, and resolves. `signal` is aborted when time is up. */
  stop(signal: AbortSignal): Promise<void> | void;
}

/** What was started, in order; stopped in the opposite order, within one deadline for all of it. */
export interface Lifecycle {
  /** Remembers something to stop. Gives it back, so that starting and remembering is one line. */
  add<T extends Stoppable>(part: T): T;
  /** Aborted as soon as stopping begins. */
  readonly signal: AbortSignal;
  /** Stops everything. A part that fails or takes too long is logged, and the others are still stopped. */
  stop(): Promise<void>;
}

export function createLifecycle(options: {
  log: Log;
  clock: Clock /** Default 30 000. */;
  graceMs?: number;
}): Lifecycle {
  const { log, clock, graceMs = 30_000 } = options;
  const parts: Stoppable[] = [];
  const stopping = new AbortController();
  let stopped: Promise<void> | undefined;

  async function stopAll(): Promise<void> {
    stopping.abort();
    const late = new AbortController();
    const timer = clock.after(graceMs, () => late.abort(new Error(`not stopped within ${graceMs} ms`)));
    const tooLate = new Promise<never>((_, reject) =>
      late.signal.addEventListener('abort', () => reject(late.signal.reason)),
    );
    tooLate.catch(() => {});
    for (const part of parts.reverse()) {
      try {
        await Promise.race([part.stop(late.signal), tooLate]);
      } catch (error) {
        log.warn({ err: error, part: part.name }, 'a part did not stop cleanly');
      }
    }
    timer.cancel();
  }

  return {
    add(part) {
      parts.push(part);
      return part;
    },
    signal: stopping.signal,
    stop: () => (stopped ??= stopAll()),
  };
}
