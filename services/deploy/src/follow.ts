/** Following: what is there, then what comes. Of a log each line once and none left out. */

import { type Bus, heardEvents } from '@steading/bus';
import { DeploymentChanged } from '@steading/contracts/deploy-events';
import type { Database } from '@steading/db';
import type { Clock } from '@steading/kit';
import { isActive } from '#src/deployments.ts';
import { type DeploymentRow, deploymentsDb, type LineRecord } from '#src/deployments-db.ts';
import { type LogRow, logDb } from '#src/log-db.ts';

export const followTimes = { everyMs: 250, batch: 500 };

export function toLine(row: LogRow): LineRecord {
  return { position: row.position, at: row.at.toISOString(), stage: row.stage, stream: row.stream, text: row.text };
}

/**
 * The line that says how much of a log is missing at its end, where there was no room for all of it; of no position of its
 * own, so that whoever comes again from the last line gets what was stored after all.
 */
export function unstoredLine(row: DeploymentRow, after: number): LineRecord[] {
  if (row.unstored_lines === 0) return [];
  const lines = row.unstored_lines === 1 ? 'One line is' : `${row.unstored_lines} lines are`;
  const at = (row.finished_at ?? row.created_at).toISOString();
  const text = `${lines} missing here: there was no room to store them, or the database was away.`;
  return [{ position: after, at, stage: row.state, stream: 'steading', text }];
}

/**
 * Batches of lines after a position, until the deployment is over and everything was given. Positions are stored by
 * one writer in order, so that reading "after the last one seen" has no gap, in whichever process the writer is.
 */
export async function* followDeploymentLog(
  deps: { db: Database; clock: Clock },
  options: { deploymentId: string; after: number; signal: AbortSignal },
): AsyncGenerator<readonly LineRecord[]> {
  let { after } = options;
  let overSince = 0;
  while (!options.signal.aborted) {
    const row = await deploymentsDb.byId(deps.db, options.deploymentId);
    const lines = await logDb.after(deps.db, options.deploymentId, after, followTimes.batch);
    if (lines.length > 0) {
      after = lines.at(-1)!.position;
      yield lines.map(toLine);
      continue;
    }
    if (!row) return;
    // The last lines are stored a moment after the last state.
    if (row.state !== 'queued' && !isActive(row.state) && ++overSince > 4) {
      const missing = unstoredLine(row, after);
      if (missing.length > 0) yield missing;
      return;
    }
    await deps.clock.sleep(followTimes.everyMs, options.signal);
  }
}

/**
 * The newest deployment of an app as it is, then each that changes, as it is when it is read: whoever comes again after a
 * dropped connection has missed nothing that still counts. Changes of one that wait for a slow reader are one.
 */
export async function* followDeployments(
  deps: { db: Database; bus: Bus },
  { appId, signal }: { appId: string; signal: AbortSignal },
): AsyncGenerator<DeploymentRow> {
  const changes = heardEvents(deps.bus, [DeploymentChanged], {
    signal,
    wanted: (event) => event.key === appId,
    sameAs: (event) => (event.data as { deploymentId: string }).deploymentId,
  });
  try {
    yield* await deploymentsDb.page(deps.db, appId, { limit: 1 });
    for await (const event of changes) {
      const row = await deploymentsDb.byId(deps.db, (event.data as { deploymentId: string }).deploymentId);
      if (row) yield row;
    }
  } finally {
    await changes.return(undefined);
  }
}
