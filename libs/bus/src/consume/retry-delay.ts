const firstMs = 250;
const longestMs = 5 * 60_000;

/** Doubles from 250 ms to 5 minutes, ±20 %, so that what failed together does not come back together. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  return Math.round(Math.min(longestMs, firstMs * 2 ** (attempt - 1)) * (0.8 + random() * 0.4));
}
