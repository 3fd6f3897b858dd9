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
    if (row.state !== 'queued' && !isActive(row.state) && ++overSince > 4) return;
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
