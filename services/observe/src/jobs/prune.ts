import type { Job } from '@steading/service';
import { pruneAudit } from '#src/audit-db.ts';
import type { ObserveDeps } from '#src/deps.ts';

/** Takes away what is older than the operator wants it kept. */
export function pruneJob(deps: ObserveDeps): Job {
  return {
    name: 'observe.prune-audit',
    cron: '17 3 * * *',
    async run() {
      const before = new Date(deps.clock.now() - deps.auditDays * 86_400_000);
      const removed = await pruneAudit(deps.db, before);
      if (removed > 0) deps.log.info({ removed }, 'old audit entries were removed');
    },
  };
}
