import type { Clock } from '@steading/kit';

/** A clock that stands still until a test turns it. */
export interface TestClock extends Clock {
  /** Moves time forward and calls what became due, in order. */
  advance(byMs: number): Promise<void>;
}

export function createTestClock(startMs: number = Date.parse('2026-01-01T00:00:00Z')): TestClock {
  let nowMs = startMs;
  let waiting: { at: number; call: () => void }[] = [];

  const clock: TestClock = {
    now: () => nowMs,
    after(delayMs, call) {
      const entry = { at: nowMs + delayMs, call };
      waiting.push(entry);
      return { cancel: () => (waiting = waiting.filter((each) => each !== entry)) };
    },
    sleep(delayMs, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const timer = clock.after(delayMs, resolve);
        signal?.addEventListener('abort', () => {
          timer.cancel();
          resolve();
        });
      });
    },
    async advance(byMs) {
      const until = nowMs + byMs;
      for (;;) {
        const next = waiting.filter((each) => each.at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        waiting = waiting.filter((each) => each !== next);
        nowMs = next.at;
        next.call();
        await new Promise((resolve) => setImmediate(resolve));
      }
      nowMs = until;
    },
  };
  return clock;
}
