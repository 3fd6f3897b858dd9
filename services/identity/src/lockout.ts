const minuteMs = 60_000;
export const lockAfter = 5;
const lockMs = 30 * minuteMs;
const mostLockMs = 24 * 60 * minuteMs;
const rememberMs = 24 * 60 * minuteMs;

export interface Failures {
  readonly failures: number;
  readonly nextAtMs: number;
  readonly forgetAtMs: number;
}

/**
 * One more wrong try: the first is free, then 1, 2 and 4 seconds must pass, the fifth locks for 30 minutes, and every
 * wrong try after a lock locks for twice as long, at most a day. Forgotten a day after the last.
 */
export function afterFailure(earlier: Failures | undefined, nowMs: number): Failures {
  const failures = earlier && earlier.forgetAtMs > nowMs ? earlier.failures + 1 : 1;
  const waitMs =
    failures < lockAfter
      ? failures === 1
        ? 0
        : 2 ** (failures - 2) * 1000
      : Math.min(mostLockMs, lockMs * 2 ** Math.min(10, failures - lockAfter));
  const nextAtMs = nowMs + waitMs;
  return { failures, nextAtMs, forgetAtMs: nextAtMs + rememberMs };
}

/** Milliseconds until another try is taken; 0: now. */
export function waitBeforeTry(earlier: Failures | undefined, nowMs: number): number {
  return earlier ? Math.max(0, earlier.nextAtMs - nowMs) : 0;
}
