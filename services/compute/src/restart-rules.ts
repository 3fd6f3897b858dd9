/** A program that ended more often than this within `windowMs` is in a crash loop: said so, and tried slowly. */
export const crashLoop = { restarts: 5, windowMs: 5 * 60_000 };
const longestDelayMs = 30_000;

/** How long to wait before an instance is started again. @param restartTimes when it was restarted before. */
export function restartDelay(restartTimes: readonly number[], now: number): { delayMs: number; looping: boolean } {
  const recent = restartTimes.filter((time) => now - time < crashLoop.windowMs).length;
  return { delayMs: Math.min(longestDelayMs, 100 * 3 ** recent), looping: recent >= crashLoop.restarts };
}

/** When the next look at an instance that is not healthy yet is due: quick at first, then at the interval. */
export function checkDelay(checks: number, intervalMs: number): number {
  return Math.min(intervalMs, 40 * 1.6 ** checks);
}
