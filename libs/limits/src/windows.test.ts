import { expect, test } from 'vitest';
import { createWindows } from '#src/windows.ts';

test('a window begins with its first count, ends for itself, and is told what others counted', () => {
  let now = 1_000_000;
  const windows = createWindows(60, { now: () => now });
  expect(windows.count('ada')).toEqual({ points: 1, leftMs: 60_000 });
  now += 20_000;
  expect(windows.count('ada')).toEqual({ points: 2, leftMs: 40_000 });
  expect(windows.count('bob')).toEqual({ points: 1, leftMs: 60_000 });
  windows.set('ada', 9, 30_000);
  expect(windows.count('ada')).toEqual({ points: 10, leftMs: 30_000 });
  now += 30_000;
  expect(windows.count('ada')).toEqual({ points: 1, leftMs: 60_000 });
  expect(windows.count('bob')).toEqual({ points: 2, leftMs: 30_000 });
  // Long after everybody is gone, nobody is kept.
  now += 3_600_000;
  expect(windows.count('ada')).toEqual({ points: 1, leftMs: 60_000 });
});

test('a clock that is set back locks nobody out for longer than a window', () => {
  let now = 10_000_000;
  const windows = createWindows(60, { now: () => now });
  windows.count('ada');
  windows.count('ada');
  now -= 3_600_000;
  expect(windows.count('ada')).toEqual({ points: 1, leftMs: 60_000 });
  windows.set('ada', 5, 3_600_000);
  expect(windows.count('ada')).toEqual({ points: 6, leftMs: 60_000 });
});
