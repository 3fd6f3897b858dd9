import { newId } from '@steading/kit';
import { BackupProblem } from '#src/backup-problem.ts';
import { connect } from '#src/database/connection.ts';
import { beginRun, endCutShort, endRun, hasRuns, lockRuns, type RunKind, type RunResult } from '#src/runs/runs-db.ts';

/**
 * Does one thing about back-ups, alone in the house, and leaves a record of how it went. A house whose database is of
 * before there were records goes without.
 */
export async function recorded<T extends RunResult>(
  told: { url: string; kind: RunKind; name: string; place: string; onBegun?: (() => void) | undefined },
  work: () => Promise<T>,
): Promise<T> {
  const client = await connect(told.url);
  try {
    if (!(await lockRuns(client)))
      throw new BackupProblem('Another back-up or proof of this house is under way. Wait until it is done.');
    const keeps = await hasRuns(client);
    const id = newId('bkr');
    if (keeps) {
      await endCutShort(client);
      await beginRun(client, { id, kind: told.kind, name: told.name, place: told.place });
    }
    told.onBegun?.();
    try {
      const result = await work();
      if (keeps) await endRun(client, { id, result });
      return result;
    } catch (error) {
      if (keeps) await endRun(client, { id, reason: (error as Error).message.slice(0, 500) }).catch(() => {});
      throw error;
    }
  } finally {
    await client.end().catch(() => {});
  }
}
