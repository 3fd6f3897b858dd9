/** The rules of a deployment's life. Pure: what may follow what, what comes next, who goes first. */
import type { DeploymentState } from '@steading/contracts/deploy-events';

export const stageNames = ['cloning', 'building', 'pushing', 'deploying', 'verifying'] as const;
export type StageName = (typeof stageNames)[number];
export type StageState = 'waiting' | 'running' | 'done' | 'failed' | 'skipped';

export interface Stage {
  readonly name: StageName;
  readonly state: StageState;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

const ends: readonly DeploymentState[] = ['failed', 'cancelled'];

/** Every change of state that may ever be stored. */
const allowed: Readonly<Record<DeploymentState, readonly DeploymentState[]>> = {
  queued: ['cloning', 'deploying', 'superseded', ...ends],
  cloning: ['building', ...ends],
  building: ['pushing', ...ends],
  pushing: ['deploying', ...ends],
  deploying: ['verifying', ...ends],
  verifying: ['live', 'failed'],
  live: ['superseded', 'rolled-back'],
  failed: [],
  cancelled: [],
  superseded: [],
  'rolled-back': [],
};

export function mayBecome(from: DeploymentState, to: DeploymentState): boolean {
  return allowed[from].includes(to);
}

/** Until the new version takes requests; afterwards only a rollback helps. */
export function isCancellable(state: DeploymentState): boolean {
  return state !== 'verifying' && allowed[state].includes('cancelled');
}

export function isActive(state: DeploymentState): boolean {
  return (stageNames as readonly string[]).includes(state);
}

/** What the pipeline does with a deployment in this state, also after a restart. */
export type Step = 'cancel' | 'give-up' | 'clone' | 'build' | 'push' | 'deploy' | 'verify' | 'nothing';

export const maxAttempts = 4;

export function nextStep(deployment: { state: DeploymentState; cancelRequested: boolean; attempts: number }): Step {
  const { state } = deployment;
  if (!isActive(state)) return 'nothing';
  if (deployment.cancelRequested && isCancellable(state)) return 'cancel';
  if (deployment.attempts > maxAttempts) return 'give-up';
  return ({ cloning: 'clone', building: 'build', pushing: 'push', deploying: 'deploy', verifying: 'verify' } as const)[
    state as StageName
  ];
}

/** Where a deployment begins once it is its turn: what has a release already is neither fetched nor built. */
export function firstState(options: { hasRelease: boolean }): 'cloning' | 'deploying' {
  return options.hasRelease ? 'deploying' : 'cloning';
}

export function freshStages(options: { hasRelease: boolean }): Stage[] {
  return stageNames.map((name) => ({
    name,
    state:
      options.hasRelease && (name === 'cloning' || name === 'building' || name === 'pushing') ? 'skipped' : 'waiting',
  }));
}

/** The stages after a change of state at `at` (ISO time). */
export function advanceStages(stages: readonly Stage[], to: DeploymentState, at: string): Stage[] {
  return stages.map((stage) => {
    if (stage.name === to) return { ...stage, state: 'running', startedAt: stage.startedAt ?? at };
    if (stage.state === 'running') return { ...stage, state: ends.includes(to) ? 'failed' : 'done', finishedAt: at };
    if (stage.state === 'waiting' && !isActive(to)) return { ...stage, state: 'skipped' };
    return stage;
  });
}

export interface Waiting {
  readonly id: string;
  readonly appId: string;
  readonly hasRelease: boolean;
}

/**
 * Which of the waiting deployments (oldest first) may start now. Those that only bring back a release wait for their
 * own app alone: nobody waits for a stranger's build to get out of trouble.
 */
export function pickStarts(state: {
  waiting: readonly Waiting[];
  busyApps: ReadonlySet<string>;
  activeBuilds: number;
  startsInLastMinute: number;
  limits: { concurrency: number; startsPerMinute: number };
}): string[] {
  const picked: string[] = [];
  const busy = new Set(state.busyApps);
  let builds = state.activeBuilds;
  let starts = state.startsInLastMinute;
  for (const deployment of state.waiting) {
    if (busy.has(deployment.appId)) continue;
    if (!deployment.hasRelease) {
      if (builds >= state.limits.concurrency || starts >= state.limits.startsPerMinute) continue;
      builds++;
      starts++;
    }
    busy.add(deployment.appId);
    picked.push(deployment.id);
  }
  return picked;
}

/** What a person is told an app is doing. */
export function appState(app: {
  stopped: boolean;
  hasLive: boolean;
  newest: DeploymentState | undefined;
}): 'not-deployed' | 'live' | 'deploying' | 'failed' | 'stopped' {
  if (app.newest && (app.newest === 'queued' || isActive(app.newest))) return 'deploying';
  if (app.stopped) return 'stopped';
  if (app.hasLive) return 'live';
  return app.newest === 'failed' ? 'failed' : 'not-deployed';
}
