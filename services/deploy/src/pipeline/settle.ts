/** How work ends that did not end well: as failed, as cancelled, or handed to whoever comes next. */
import type { Writer } from '@steading/db';
import { isAppError } from '@steading/kit';
import { appsDb } from '#src/apps-db.ts';
import { ArchiveProblem } from '#src/archive/archive-limits.ts';
import { choresDb } from '#src/chores-db.ts';
import { type DeploymentRow, deploymentsDb } from '#src/deployments-db.ts';
import { diskFullText, isDiskFull } from '#src/disk-full.ts';
import { advance } from '#src/pipeline/advance.ts';
import { releaseIdOf } from '#src/pipeline/build-stage.ts';
import { StageFailure, type Work } from '#src/pipeline/work.ts';
import { tellRoutes } from '#src/routes.ts';
import { SourceProblem } from '#src/source/source-problem.ts';

/** What an error means for the deployment; undefined: it may succeed when it is tried again. */
export function asFailure(error: unknown): StageFailure | undefined {
  if (error instanceof StageFailure) return error;
  if (error instanceof SourceProblem) return new StageFailure(error.code, error.message);
  if (error instanceof ArchiveProblem)
    return new StageFailure('bad-archive', `The archive is refused: ${error.message}`);
  if (isDiskFull(error)) return new StageFailure('disk-full', diskFullText);
  if (isAppError(error) && error.status < 500 && error.status !== 499)
    return new StageFailure(error.code, error.message);
  return undefined;
}

export async function settleFailure(work: Work, failure: StageFailure): Promise<void> {
  const { deployment } = work;
  for (const line of failure.lastLines) work.log.write(deployment.state, 'stderr', `  ${line.text}`);
  work.log.write(deployment.state, 'steading', `Failed: ${failure.message}`);
  await advance(work, 'failed', {
    code: failure.code,
    reason: failure.message,
    ...(failure.lastLines.length > 0 ? { known: { lastLines: failure.lastLines } } : {}),
    also: (tx) => takeBack(work, tx, failure.message),
  });
}

export async function settleCancel(work: Work): Promise<void> {
  work.log.write(work.deployment.state, 'steading', 'Cancelled.');
  await advance(work, 'cancelled', {
    code: 'cancelled',
    reason: 'Cancelled by a person.',
    also: (tx) => takeBack(work, tx, 'cancelled'),
  });
}

/** What the rollout began is undone after the commit: what was live before stays, or comes back. */
async function takeBack(work: Work, tx: Writer, reason: string): Promise<void> {
  const { deployment, deps } = work;
  // A build whose end was not heard may have left its release.
  if (deployment.state === 'building')
    await choresDb.add(tx, {
      kind: 'remove-release',
      appId: deployment.app_id,
      releaseId: releaseIdOf(deployment.id),
    });
  if (deployment.state === 'deploying')
    await choresDb.add(tx, {
      kind: 'abort',
      appId: deployment.app_id,
      generation: deployment.generation,
      reason: reason.slice(0, 500),
    });
  if (deployment.state === 'verifying') {
    const app = await appsDb.lock(tx, deployment.app_id);
    if (!app) return;
    const live = app.live_deployment_id ? await deploymentsDb.byId(tx, app.live_deployment_id) : undefined;
    await choresDb.add(tx, {
      kind: 'run',
      appId: app.id,
      generation: returnGeneration(deployment),
      stop: live === undefined,
    });
    if (live) return;
    await appsDb.setServing(tx, app.id, { serving: false, stopped: false });
    await tellRoutes(deps, tx, work.caller);
  }
}

/** Sorts after the failed generation and before any deployment that was asked for later. */
export function returnGeneration(deployment: Pick<DeploymentRow, 'generation'>): string {
  return `${deployment.generation}r`;
}
