import { expect, test } from 'vitest';
import { checkDelay, restartDelay } from '#src/restart-rules.ts';

test('waits longer after each restart, and never longer than half a minute', () => {
  const times: number[] = [];
  const delays = Array.from({ length: 12 }, () => {
    const { delayMs } = restartDelay(times, 1_000);
    times.push(1_000);
    return delayMs;
  });
  expect(delays.slice(0, 3)).toEqual([100, 300, 900]);
  expect(delays).toEqual(delays.toSorted((a, b) => a - b));
  expect(Math.max(...delays)).toBe(30_000);
});

test('says a crash loop after five restarts, and forgets old ones', () => {
  expect(restartDelay([1, 2, 3, 4], 10).looping).toBe(false);
  expect(restartDelay([1, 2, 3, 4, 5], 10).looping).toBe(true);
  expect(restartDelay([1, 2, 3, 4, 5], 10 * 60_000)).toEqual({ delayMs: 100, looping: false });
});

test('looks quickly at first, then at the interval', () => {
  expect(checkDelay(0, 1_000)).toBe(40);
  expect(checkDelay(20, 1_000)).toBe(1_000);
});
