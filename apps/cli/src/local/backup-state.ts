import { withBackups } from '#src/local/house-backups.ts';

export interface BackupState {
  readonly lastBackup: Date | null;
  readonly lastProof: Date | null;
  /** What to know and do; null: all is well. */
  readonly concern: string | null;
  readonly text: string;
}

/** How the back-ups of a house that runs are. Never fails: whoever asks has more to look at. */
export async function readBackups(dataDir: string): Promise<BackupState> {
  try {
    return await withBackups({ dataDir }, async (backups) => {
      const { backup, proof } = await backups.lastGood();
      const lastBackup = backup?.finishedAt ?? null;
      const lastProof = proof?.finishedAt ?? null;
      const text = `last ${lastBackup?.toISOString() ?? 'never'}, last proven restore ${lastProof?.toISOString() ?? 'never'}`;
      return { lastBackup, lastProof, concern: (await backups.concern()) ?? null, text };
    });
  } catch (error) {
    const text = `cannot be looked at (${(error as Error).message})`;
    return { lastBackup: null, lastProof: null, concern: null, text };
  }
}
