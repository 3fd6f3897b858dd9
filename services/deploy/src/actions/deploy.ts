/** Deployments: asked for, cancelled, rolled back. */
import type { Writer } from '@steading/db';
import { type Caller, newId } from '@steading/kit';
import { audit } from '#src/actions/audit.ts';
import { findApp, findDeployment } from '#src/actions/find.ts';
import { checkCommit } from '#src/actions/source.ts';
import { type AppRow, appsDb } from '#src/apps-db.ts';
import { freshStages } from '#src/deployments.ts';
import { type DeploymentRow, deploymentsDb, type NewDeployment } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { changeState, tellState } from '#src/pipeline/transition.ts';
import { openSnapshot, sealSnapshot } from '#src/pipeline/work.ts';

export const deployLimits = { perHour: 120 };

export type Trigger = 'manual' | 'push' | 'hook' | 'rollback' | 'archive' | 'cli';

export interface Order {
  readonly trigger: Trigger;
  readonly branch?: string | null;
  readonly commit?: string | null;
  readonly message?: string | null;
  readonly author?: string | null;
  readonly archiveId?: string | null;
  /** Bring back this deployment instead of building one. */
  readonly back?: DeploymentRow;
}

/** By a person: the check of permission comes first. */
export async function deploy(
  deps: Deps,
  caller: Caller,
  appId: string,
  commit?: string | null,
): Promise<DeploymentRow> {
  const app = await findApp(deps, caller, 'app.deploy', appId);
  const wanted = commit ? checkCommit(commit) : app.source.commit || null;
  return orderDeployment(deps, caller, appId, { trigger: caller.token ? 'cli' : 'manual', commit: wanted });
}

/** The caller's right was checked already: by the forest, or by a hook's signature or token. */
export async function orderDeployment(
  deps: Deps,
  caller: Caller,
  appId: string,
  order: Order,
  also?: (tx: Writer) => Promise<void>,
): Promise<DeploymentRow> {
  const id = newId('dep');
  await deps.db.write(async (tx) => {
    const app = await appsDb.lock(tx, appId);
    if (!app) throw fail('deploy.not-found', { kind: 'app' });
    await also?.(tx);
    if ((await deploymentsDb.createdSince(tx, appId, 3600)) >= deployLimits.perHour)
      throw fail('deploy.too-many', { limit: deployLimits.perHour });
    const row = newDeployment(
      deps,
      app,
      { id, number: await appsDb.nextNumber(tx, appId), by: caller.principal },
      order,
    );
    await supersedeQueued(deps, tx, caller, { appId, number: row.number });
    await deploymentsDb.insert(tx, row);
    await tellState(deps, tx, { ...row, app_id: appId, state: 'queued', reason: null, commit_id: row.commit }, caller);
    const action = order.back ? 'deploy.rolled-back' : 'deploy.deployment-ordered';
    const after = { deploymentId: id, number: row.number, trigger: order.trigger, commit: row.commit };
    await audit(deps, tx, caller, { action, node: appId, target: app.name, after });
    tx.afterCommit(deps.wake);
  });
  return (await deploymentsDb.byId(deps.db, id))!;
}

function newDeployment(
  deps: Deps,
  app: AppRow,
  known: { id: string; number: number; by: string },
  order: Order,
): NewDeployment {
  const { back } = order;
  if (back) {
    return {
      ...known,
      appId: app.id,
      trigger: order.trigger,
      branch: back.branch,
      commit: back.commit_id,
      message: back.commit_message,
      author: back.commit_author,
      stages: freshStages({ hasRelease: true }),
      releaseId: back.release_id,
      rollbackOf: back.id,
      snapshot: sealSnapshot(deps, known.id, openSnapshot(deps, back)),
      detection: back.detection,
    };
  }
  const archiveId = order.archiveId ?? (app.source.kind === 'archive' ? app.archive_id : null);
  if (app.source.kind === 'archive' && !archiveId) throw fail('deploy.needs-archive');
  return {
    ...known,
    appId: app.id,
    trigger: order.trigger,
    branch: archiveId ? null : (order.branch ?? (app.source.branch || null)),
    commit: archiveId ? null : (order.commit ?? null),
    message: order.message ?? null,
    author: order.author ?? null,
    stages: freshStages({ hasRelease: false }),
    archiveId,
  };
}

/** Newest wins: what has not begun yet will not. */
async function supersedeQueued(
  deps: Deps,
  tx: Writer,
  caller: Caller,
  newer: { appId: string; number: number },
): Promise<void> {
  for (const older of await deploymentsDb.queuedOfApp(tx, newer.appId)) {
    const reason = `Deployment ${newer.number} is newer.`;
    await changeState(deps, tx, older, { to: 'superseded', code: 'newer', reason, caller });
  }
}

export async function cancelDeployment(deps: Deps, caller: Caller, id: string): Promise<DeploymentRow> {
  const found = await findDeployment(deps, caller, 'app.cancel', id);
  await deps.db.write(async (tx) => {
    const app = await appsDb.lock(tx, found.app_id);
    // Asked and read at once: it may go on meanwhile, and what is said to be cancelled must not become live.
    const state = await deploymentsDb.askCancel(tx, id);
    const row = await deploymentsDb.byId(tx, id);
    if (!app || !row || !state) throw fail('deploy.not-cancellable', { state: row?.state ?? 'gone' });
    if (state === 'queued')
      await changeState(deps, tx, row, {
        to: 'cancelled',
        code: 'cancelled',
        reason: 'Cancelled by a person.',
        caller,
      });
    await audit(deps, tx, caller, {
      action: 'deploy.deployment-cancelled',
      node: app.id,
      target: app.name,
      after: { deploymentId: id, number: row.number },
    });
    tx.afterCommit(deps.wake);
  });
  return (await deploymentsDb.byId(deps.db, id))!;
}

export async function rollBack(
  deps: Deps,
  caller: Caller,
  appId: string,
  toDeploymentId: string,
): Promise<DeploymentRow> {
  const app = await findApp(deps, caller, 'app.rollback', appId);
  const target = await deploymentsDb.byId(deps.db, toDeploymentId);
  if (!target || target.app_id !== appId) throw fail('deploy.not-found', { kind: 'deployment' });
  const problem = rollbackProblem(app, target);
  if (problem) throw fail('deploy.cannot-roll-back', { problem });
  return orderDeployment(deps, caller, appId, { trigger: 'rollback', back: target });
}

/** Why this deployment cannot be brought back, or undefined. */
export function rollbackProblem(app: Pick<AppRow, 'live_deployment_id'>, target: DeploymentRow): string | undefined {
  if (app.live_deployment_id === target.id && target.state === 'live') return 'it is the one that is live.';
  if (!target.live_at) return 'it has never been live.';
  if (!target.release_id || !target.snapshot) return 'its release is no longer kept.';
  return undefined;
}
