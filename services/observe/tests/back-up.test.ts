import type { Backups } from '@steading/backup';
import { createLog } from '@steading/kit';
import { createTestClock } from '@steading/testkit';
import { expect, test } from 'vitest';
import type { ObserveDeps } from '#src/deps.ts';
import { backupJobs, createBackupHealth } from '#src/jobs/back-up.ts';

const clock = createTestClock();

function depsWith(place: string | undefined, concern: () => string | undefined = () => undefined) {
  const done: string[] = [];
  const backups = {
    plan: { place, cron: '23 2 * * *', proofCron: '41 4 * * 0', keep: 7 },
    take: async () => void done.push('backup'),
    prove: async () => void done.push('proof'),
    concern: async () => concern(),
  } as unknown as Backups;
  const deps = { backups, clock, log: createLog({ level: 'silent' }) } as unknown as ObserveDeps;
  return { deps, done };
}

test('where a place is named, back-ups and proofs are jobs by the operator’s plan, and may take a day', async () => {
  const { deps, done } = depsWith('/kept');
  const jobs = backupJobs(deps);
  expect(jobs.map(({ name, cron }) => [name, cron])).toEqual([
    ['observe.back-up', '23 2 * * *'],
    ['observe.prove-backup', '41 4 * * 0'],
  ]);
  for (const job of jobs) await job.run(new AbortController().signal);
  expect(done).toEqual(['backup', 'proof']);
  expect(jobs.every(({ maxSeconds = 0 }) => maxSeconds > 80_000 && maxSeconds < 86_400)).toBe(true);
});

test('without a place there are no jobs, and nothing is said', async () => {
  const { deps } = depsWith(undefined, () => 'never asked');
  expect(backupJobs(deps)).toEqual([]);
  expect(await createBackupHealth(deps)()).toEqual({ ready: true });
});

test('a concern is said, asked for once a minute, and the house is ready all the same', async () => {
  let concern: string | undefined = 'The last back-up is 4 days old.';
  const { deps } = depsWith('/kept', () => concern);
  const health = createBackupHealth(deps);
  expect(await health()).toEqual({ ready: true, reason: 'The last back-up is 4 days old.' });
  concern = undefined;
  expect(await health()).toMatchObject({ reason: expect.any(String) });
  await clock.advance(61_000);
  expect(await health()).toEqual({ ready: true });
});
