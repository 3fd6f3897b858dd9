/** One deployment in work: what every stage gets, and how a stage ends other than well. */
import { type Caller, serviceCaller } from '@steading/kit';
import { type AppRow, appsDb } from '#src/apps-db.ts';
import type { DeploymentRow, LineRecord } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';
import { createMask } from '#src/masking.ts';
import { type LateLogs, type LogWriter, openLogWriter } from '#src/pipeline/log-writer.ts';
import { type Snapshot, snapshotShape } from '#src/settings.ts';

export interface Work {
  readonly deps: Deps;
  readonly owner: string;
  readonly deployment: DeploymentRow;
  readonly app: AppRow;
  readonly log: LogWriter;
  /** Adds values that must not be seen in this deployment's log. */
  readonly hide: (secrets: readonly string[]) => void;
  readonly caller: Caller;
  /** Aborted with a `Halt` as its reason. */
  readonly signal: AbortSignal;
}

/** Why work on a deployment stops before its end. */
export class Halt extends Error {
  readonly why: 'cancel' | 'lost' | 'house';
  constructor(why: 'cancel' | 'lost' | 'house') {
    super(`work stops: ${why}`);
    this.name = 'Halt';
    this.why = why;
  }
}

/** A deployment that cannot succeed, with the reason for the person who deploys. */
export class StageFailure extends Error {
  readonly code: string;
  readonly lastLines: readonly LineRecord[];
  constructor(code: string, message: string, lastLines: readonly LineRecord[] = []) {
    super(message);
    this.name = 'StageFailure';
    this.code = code;
    this.lastLines = lastLines;
  }
}

/** What goes with a deployment as long as one worker has it. Close its log at the end. */
export async function openWorkbench(deps: Deps, deployment: DeploymentRow, late: LateLogs) {
  const app = await appsDb.byId(deps.db, deployment.app_id);
  if (!app) return undefined;
  let hidden: string[] = [];
  let mask = createMask(hidden);
  const hide = (secrets: readonly string[]) => {
    hidden = [...hidden, ...secrets];
    mask = createMask(hidden);
  };
  if (deployment.snapshot) hide(openSnapshot(deps, deployment).masked);
  const log = await openLogWriter({ ...deps, deploymentId: deployment.id, mask: (text) => mask(text), late });
  return { app, hide, log };
}

export function openSnapshot(
  deps: Pick<Deps, 'sealing'>,
  deployment: Pick<DeploymentRow, 'id' | 'snapshot'>,
): Snapshot {
  if (!deployment.snapshot)
    throw new StageFailure('no-snapshot', 'The settings of this deployment are no longer kept. Deploy again.');
  return snapshotShape.parse(JSON.parse(deps.sealing.open(deployment.snapshot, deployment.id).reveal()));
}

export function sealSnapshot(deps: Pick<Deps, 'sealing'>, deploymentId: string, snapshot: Snapshot): Buffer {
  return deps.sealing.seal(JSON.stringify(snapshot), deploymentId);
}

export function workCaller(deployment: DeploymentRow): Caller {
  // The id of the deployment stands for the request: every call and event of its pipeline can be found by it.
  return serviceCaller('deploy', deployment.id.replace(/^dep_/, 'req_'));
}
