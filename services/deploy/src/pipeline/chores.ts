/** Does what must still be asked of compute after a commit. Every chore may be done twice. */

import { isAppError, newRequestId, serviceCaller } from '@steading/kit';
import { as } from '@steading/rpc';
import { appsDb } from '#src/apps-db.ts';
import { type Chore, type ChoreRow, choresDb } from '#src/chores-db.ts';
import { deploymentsDb } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';
import { runSpec } from '#src/pipeline/run-spec.ts';
import { returnGeneration } from '#src/pipeline/settle.ts';
import { openSnapshot } from '#src/pipeline/work.ts';

const limits = { holdSeconds: 60, longestSeconds: 5 };

/** Does all that is due; gives how many there were. */
export async function doChores(deps: Deps, signal: AbortSignal): Promise<number> {
  const rows = await deps.db.write((tx) => choresDb.take(tx, limits.holdSeconds));
  await Promise.all(rows.map((row) => attempt(deps, row, signal)));
  return rows.length;
}

async function attempt(deps: Deps, row: ChoreRow, signal: AbortSignal): Promise<void> {
  try {
    await doChore(deps, row.data as unknown as Chore, signal);
    await deps.db.write((tx) => choresDb.done(tx, row.id));
  } catch (error) {
    if (signal.aborted) return;
    if (isFinal(error)) {
      deps.log.info({ err: error, chore: row.kind, appId: row.app_id }, 'a chore is no longer needed');
      return void (await deps.db.write((tx) => choresDb.done(tx, row.id)).catch(() => 0));
    }
    deps.log.warn(
      { err: error, chore: row.kind, appId: row.app_id, attempts: row.attempts },
      'a chore failed and is tried again',
    );
    const seconds = Math.min(limits.longestSeconds, 2 ** Math.min(row.attempts, 10));
    await deps.db.write((tx) => choresDb.later(tx, row.id, seconds)).catch(() => {});
  }
}

/** Gone, or overtaken by something newer: asking again would give the same answer. */
function isFinal(error: unknown): boolean {
  return isAppError(error) && error.status < 500 && error.status !== 429 && error.status !== 499;
}

async function doChore(deps: Deps, chore: Chore, signal: AbortSignal): Promise<void> {
  const options = as(serviceCaller('deploy', newRequestId()), { signal, timeoutMs: 45_000 });
  const { appId } = chore;
  if (chore.kind === 'remove-app') await deps.compute.removeApp({ appId }, options);
  else if (chore.kind === 'remove-release')
    await deps.compute.removeRelease({ appId, releaseId: chore.releaseId }, options);
  else if (chore.kind === 'abort') await takeBack(deps, chore, options);
  else await applyLive(deps, chore, options);
}

/**
 * A rollout whose deployment failed may have become healthy while nobody watched it: whoever runs apps was away, came
 * back, and went on with what it was told last. What was live before then takes its place again.
 */
async function takeBack(
  deps: Deps,
  { appId, generation, reason }: Extract<Chore, { kind: 'abort' }>,
  options: ReturnType<typeof as>,
): Promise<void> {
  await deps.compute.abortRollout({ appId, generation, reason }, options);
  if (!(await isHealthy(deps, { appId, generation }, options))) return;
  const stop = !(await appsDb.byId(deps.db, appId))?.live_deployment_id;
  await applyLive(deps, { kind: 'run', appId, generation: returnGeneration({ generation }), stop }, options);
}

async function isHealthy(
  deps: Deps,
  rollout: { appId: string; generation: string },
  options: ReturnType<typeof as>,
): Promise<boolean> {
  for await (const { state } of deps.compute.watchRollout(rollout, options))
    if (state === 'healthy' || state === 'failed') return state === 'healthy';
  return false;
}

async function applyLive(
  deps: Deps,
  chore: Extract<Chore, { kind: 'run' }>,
  options: ReturnType<typeof as>,
): Promise<void> {
  const app = await appsDb.byId(deps.db, chore.appId);
  const wanted = app?.live_deployment_id;
  if (!app) return;
  const [live] = wanted
    ? [await deploymentsDb.byId(deps.db, wanted)]
    : (await deploymentsDb.page(deps.db, app.id, { limit: 20 })).filter((row) => row.release_id && row.snapshot);
  if (!live?.release_id) return;
  const spec = runSpec({
    releaseId: live.release_id,
    snapshot: openSnapshot(deps, live),
    appId: app.id,
    publicUrl: deps.house.publicUrl,
    replicas: chore.stop ? 0 : undefined,
  });
  if (!chore.stop) await deps.db.write((tx) => deploymentsDb.setGeneration(tx, live.id, chore.generation));
  await deps.compute.apply({ appId: app.id, generation: chore.generation, spec }, options);
}
