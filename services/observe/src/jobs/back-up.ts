import type { Health, Job } from '@steading/service';
import type { ObserveDeps } from '#src/deps.ts';

/** pg-boss takes less than a day; a house whose back-up takes longer needs another way. */
const mostSeconds = 23 * 3_600;
/** `/readyz` may be asked every second. */
const healthMs = 60_000;

/** The back-up and its proof, where the operator named a place for them. */
export function backupJobs(deps: ObserveDeps): Job[] {
  const { backups } = deps;
  if (!backups?.plan.place) return [];
  const { cron, proofCron } = backups.plan;
  return [
    {
      name: 'observe.back-up',
      cron,
      maxSeconds: mostSeconds,
      async run(signal) {
        await backups.take(signal);
      },
    },
    {
      name: 'observe.prove-backup',
      cron: proofCron,
      maxSeconds: mostSeconds,
      async run(signal) {
        await backups.prove(signal);
      },
    },
  ];
}

/** Ready in any case: a house without back-ups runs. But it says so, where back-ups were asked for. */
export function createBackupHealth(deps: ObserveDeps): () => Promise<Health> {
  let said: Health = { ready: true };
  let askedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const { backups, clock, log } = deps;
    if (!backups?.plan.place || clock.now() - askedAt < healthMs) return said;
    askedAt = clock.now();
    try {
      const concern = await backups.concern();
      said = { ready: true, ...(concern && { reason: concern }) };
    } catch (error) {
      log.warn({ err: error }, 'the state of the back-ups cannot be read');
    }
    return said;
  };
}
