import { expect, test } from 'vitest';
import { afterFailure, type Failures, waitBeforeTry } from '#src/lockout.ts';

test('waits grow: at once, 1, 2 and 4 seconds, then 30 minutes, doubled up to a day', () => {
  let now = 1_000_000;
  let failures: Failures | undefined;
  const waits: number[] = [];
  for (let attempt = 0; attempt < 13; attempt++) {
    failures = afterFailure(failures, now);
    waits.push(waitBeforeTry(failures, now) / 1000);
    now = failures.nextAtMs;
  }
  expect(waits).toEqual([0, 1, 2, 4, 1800, 3600, 7200, 14_400, 28_800, 57_600, 86_400, 86_400, 86_400]);
});

test('forgets a day after the wait is over', () => {
  const first = afterFailure(afterFailure(undefined, 0), 0);
  expect(afterFailure(first, first.forgetAtMs).failures).toBe(1);
  expect(afterFailure(first, first.forgetAtMs - 1).failures).toBe(3);
});
