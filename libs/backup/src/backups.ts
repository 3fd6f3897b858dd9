import type { SchemaMigrations } from '@steading/db';
import type { Proof } from '#src/prove-backup.ts';
import type { Run } from '#src/runs/runs-db.ts';
import type { TakenBackup } from '#src/take-backup.ts';

/** The tables in which back-ups, proofs and restores are recorded. */
export const backupMigrations: SchemaMigrations = {
  schema: 'backup',
  folder: new URL('./migrations/', import.meta.url),
};

/** What the operator wants done by itself. */
export interface BackupPlan {
  /** Where back-ups go; absent: none are made by themselves. */
  readonly place: string | undefined;
  /** Five-field cron, UTC. */
  readonly cron: string;
  readonly proofCron: string;
  readonly keep: number;
}

/** Back-ups of the whole house, for whoever schedules and shows them. Made by the starter, which has the keys. */
export interface Backups {
  readonly plan: BackupPlan;
  /** Whether there is a recovery key yet: without one no back-up is made. */
  hasRecoveryKey(): Promise<boolean>;
  /** @param onBegun called once it is recorded as running: until then it may be refused. */
  take(signal: AbortSignal, onBegun?: () => void): Promise<TakenBackup>;
  /** Proves the newest back-up. */
  prove(signal: AbortSignal): Promise<Proof>;
  /** The newest first. */
  runs(limit: number): Promise<readonly Run[]>;
  lastGood(): Promise<{ readonly backup?: Run; readonly proof?: Run }>;
  /** What an operator should know and do; undefined: all is well. */
  concern(): Promise<string | undefined>;
}
