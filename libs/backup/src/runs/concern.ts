import type { Run } from '#src/runs/runs-db.ts';

export interface BackupLook {
  /** Where back-ups go by themselves; undefined: nowhere. */
  readonly place: string | undefined;
  readonly hasRecoveryKey: boolean;
  readonly backup?: Run | undefined;
  readonly proof?: Run | undefined;
  /** The newest run of all that has ended. */
  readonly last?: Run | undefined;
  readonly nowMs: number;
}

const dayMs = 86_400_000;
const oldBackupDays = 3;
const oldProofDays = 15;

/** What an operator should know about their back-ups, and do; undefined: all is well. Pure. */
export function backupConcern(look: BackupLook): string | undefined {
  const { place, hasRecoveryKey, backup, proof, last } = look;
  if (!hasRecoveryKey) return 'There is no recovery key, so no back-up is made. Make one: steading backup key';
  if (!place && !backup) return 'No back-up was ever made. Name a place in STEADING_BACKUP_TO, or run steading backup';
  if (last?.state === 'failed')
    return `The last ${last.kind === 'proof' ? 'proof' : 'back-up'} failed: ${last.reason ?? 'unknown'}`;
  if (!backup) return `No back-up was made yet. The first one comes by itself, or now by steading backup`;
  const age = daysSince(backup, look.nowMs);
  if (age > oldBackupDays) return `The last back-up is ${Math.floor(age)} days old. Make one: steading backup`;
  if (!proof) return 'No restore was proven yet. Prove one: steading backup verify';
  const proofAge = daysSince(proof, look.nowMs);
  if (proofAge > oldProofDays)
    return `The last proven restore is ${Math.floor(proofAge)} days ago. Prove one: steading backup verify`;
  return undefined;
}

function daysSince(run: Run, nowMs: number): number {
  return (nowMs - (run.finishedAt ?? run.startedAt).getTime()) / dayMs;
}
