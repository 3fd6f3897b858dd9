import { BackupProblem, type Run } from '@steading/backup';
import type { ObserveDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';

/** Back-ups that an operator asks for, beside those of the plan. */
export interface AskedBackups {
  /** Begins one, and gives its record while it goes on. Throws `observe.backup-refused` where it cannot begin. */
  begin(): Promise<Run>;
  /** Resolves when the last one is over. */
  ended(): Promise<void>;
}

export function createAskedBackups({ backups, signal, log }: ObserveDeps): AskedBackups {
  let last: Promise<unknown> = Promise.resolve();
  return {
    async begin() {
      if (!backups) throw fail('observe.backup-refused', { problem: 'This house does not make its own back-ups.' });
      const begun = Promise.withResolvers<void>();
      const work = backups.take(signal, begun.resolve);
      // Its record says what became of it; nobody waits for more.
      last = work.catch((error: unknown) => log.warn({ err: error }, 'the back-up that was asked for was not made'));
      try {
        await Promise.race([begun.promise, work]);
      } catch (error) {
        if (error instanceof BackupProblem) throw fail('observe.backup-refused', { problem: error.message }, error);
        throw error;
      }
      const run = (await backups.runs(5)).find(({ kind }) => kind === 'backup');
      if (!run) throw new Error('a back-up began and left no record');
      return run;
    },
    ended: async () => void (await last),
  };
}
