import { createSubgraphBuilder, finish } from '@steading/graph';
import type { ServiceContext, ServiceParts } from '@steading/service';
import { createAskedBackups } from '#src/asked-backups.ts';
import type { config } from '#src/config.ts';
import type { ObserveDeps } from '#src/deps.ts';
import { addAudit } from '#src/graph/audit.ts';
import { addBackups } from '#src/graph/backups.ts';
import { addOperation } from '#src/graph/operation.ts';
import { backupJobs, createBackupHealth } from '#src/jobs/back-up.ts';
import { pruneJob } from '#src/jobs/prune.ts';
import { onAudited } from '#src/listeners/on-audited.ts';

export function create(context: ServiceContext<typeof config>): ServiceParts {
  const deps = makeDeps(context);
  const builder = createSubgraphBuilder({ service: 'observe', log: context.log, access: context.access });
  addAudit(builder, deps);
  addOperation(builder, deps);
  const asked = createAskedBackups(deps);
  addBackups(builder, deps, asked);
  const health = createBackupHealth(deps);
  return {
    graph: finish(builder),
    listeners: [onAudited(deps.auditKey)],
    jobs: [pruneJob(deps), pruneEventsJob(context), ...backupJobs(deps)],
    health,
    stop: () => asked.ended(),
  };
}

function makeDeps(context: ServiceContext<typeof config>): ObserveDeps {
  const { db, access, clock, log, deadLetters, lag, doors, house, backups, signal } = context;
  return {
    db,
    access,
    clock,
    log,
    deadLetters,
    lag,
    doors,
    backups,
    signal,
    auditDays: context.config.STEADING_AUDIT_DAYS,
    auditKey: house.key('observe.audit'),
  };
}

/** Events that every listener has heard are of no more use; the ledger would only grow. */
function pruneEventsJob(context: ServiceContext<typeof config>) {
  return {
    name: 'observe.prune-events',
    cron: '41 3 * * *',
    async run() {
      await context.pruneEvents(context.config.STEADING_EVENT_DAYS);
    },
  };
}
