import type { Run } from '@steading/backup';
import { privilege, type SubgraphBuilder } from '@steading/graph';
import type { AskedBackups } from '#src/asked-backups.ts';
import type { ObserveDeps } from '#src/deps.ts';

const shownRuns = 30;

interface BackupView {
  readonly place: string | undefined;
  readonly cron: string;
  readonly proofCron: string;
  readonly keep: number;
  readonly hasRecoveryKey: boolean;
  readonly concern: string | undefined;
  readonly lastBackup: Run | undefined;
  readonly lastProof: Run | undefined;
  readonly runs: readonly Run[];
}

/** The house's back-ups, one that is made now, and when a restore of one was last proven; for operators. */
export function addBackups(builder: SubgraphBuilder, deps: ObserveDeps, asked: AskedBackups): void {
  const BackupRun = builder.objectRef<Run>('BackupRun').implement({
    description: 'A back-up, a proof of one, or a restore.',
    fields: (t) => ({
      id: t.exposeID('id'),
      kind: t.exposeString('kind', { description: 'backup, proof or restore.' }),
      state: t.exposeString('state', { description: 'running, done or failed.' }),
      name: t.exposeString('name'),
      place: t.exposeString('place'),
      startedAt: t.expose('startedAt', { type: 'DateTime' }),
      finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
      takenAt: t.expose('takenAt', { type: 'DateTime', nullable: true, description: 'The moment that it shows.' }),
      bytes: t.exposeFloat('bytes', { nullable: true }),
      rows: t.exposeFloat('rows', { nullable: true }),
      files: t.exposeFloat('files', { nullable: true }),
      reason: t.exposeString('reason', { nullable: true, description: 'Why it failed.' }),
    }),
  });
  const BackupState = builder.objectRef<BackupView>('BackupState').implement({
    fields: (t) => ({
      place: t.exposeString('place', { nullable: true, description: 'Where back-ups go by themselves.' }),
      cron: t.exposeString('cron'),
      proofCron: t.exposeString('proofCron'),
      keep: t.exposeInt('keep'),
      hasRecoveryKey: t.exposeBoolean('hasRecoveryKey'),
      concern: t.exposeString('concern', { nullable: true, description: 'What to know and do; null: all is well.' }),
      lastBackup: t.expose('lastBackup', { type: BackupRun, nullable: true }),
      lastProof: t.expose('lastProof', { type: BackupRun, nullable: true }),
      runs: t.expose('runs', { type: [BackupRun] }),
    }),
  });
  builder.queryFields((t) => ({
    backups: t.field({
      type: BackupState,
      nullable: true,
      access: privilege('platform.admin', 'platform'),
      resolve: async () => {
        const { backups } = deps;
        if (!backups) return null;
        const [good, runs, hasRecoveryKey, concern] = await Promise.all([
          backups.lastGood(),
          backups.runs(shownRuns),
          backups.hasRecoveryKey(),
          backups.concern(),
        ]);
        return { ...backups.plan, hasRecoveryKey, concern, lastBackup: good.backup, lastProof: good.proof, runs };
      },
    }),
  }));
  builder.mutationFields((t) => ({
    backUpNow: t.field({
      type: BackupRun,
      description: 'Begins a back-up to the place of the plan; its record, in backups.runs, says how it goes.',
      access: privilege('platform.admin', 'platform'),
      resolve: () => asked.begin(),
    }),
  }));
}
