/** The one way in which a deployment changes its state: compared, set, and told, in one transaction. */
import { DeploymentChanged, type DeploymentState } from '@steading/contracts/deploy-events';
import type { Writer } from '@steading/db';
import { bug, type Caller } from '@steading/kit';
import { advanceStages, isActive, mayBecome } from '#src/deployments.ts';
import { type DeploymentRow, deploymentsDb } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';

export interface Transition {
  readonly to: DeploymentState;
  readonly caller: Caller;
  readonly reason?: string;
  readonly code?: string;
  /** The worker that must still hold the lease; absent for changes that no worker makes. */
  readonly owner?: string;
}

/** False: it was not in that state any more, or another worker has it; nothing has changed. */
export async function changeState(
  deps: Pick<Deps, 'bus' | 'clock'>,
  tx: Writer,
  deployment: DeploymentRow,
  change: Transition,
): Promise<boolean> {
  const { to, reason } = change;
  if (!mayBecome(deployment.state, to)) bug(`a deployment cannot become ${to} from ${deployment.state}`);
  const nowMs = deps.clock.now();
  const over = to !== 'queued' && !isActive(to);
  const changed = await deploymentsDb.move(tx, {
    id: deployment.id,
    from: deployment.state,
    to,
    stages: advanceStages(deployment.stages, to, new Date(nowMs).toISOString()),
    reason: reason ?? null,
    code: change.code ?? null,
    over,
    owner: change.owner ?? null,
  });
  if (changed === 0) return false;
  await tellState(deps, tx, { ...deployment, state: to, reason: reason ?? null }, change.caller);
  return true;
}

export async function tellState(
  deps: Pick<Deps, 'bus' | 'clock'>,
  tx: Writer,
  deployment: Pick<DeploymentRow, 'id' | 'app_id' | 'number' | 'state' | 'reason' | 'commit_id'>,
  caller: Caller,
): Promise<void> {
  await deps.bus.emit(tx, DeploymentChanged, {
    key: deployment.app_id,
    caller,
    data: {
      appId: deployment.app_id,
      deploymentId: deployment.id,
      number: deployment.number,
      state: deployment.state,
      ...(deployment.reason ? { reason: deployment.reason } : {}),
      ...(deployment.commit_id ? { commit: deployment.commit_id } : {}),
      at: deps.clock.now(),
    },
  });
}
