/**
 * Works off deployments: takes those whose turn it is, keeps a lease on each, and brings them to an end. Several
 * processes may do so at once; what one of them leaves behind when it dies, another (or the same, started again) goes
 * on with from the state that is stored. A worker that lost its lease changes nothing any more.
 */
import { rm } from 'node:fs/promises';
import { firstState, isCancellable, nextStep, pickStarts } from '#src/deployments.ts';
import { type DeploymentRow, deploymentsDb } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';
import { buildStage, pushStage } from '#src/pipeline/build-stage.ts';
import { doChores } from '#src/pipeline/chores.ts';
import { cloneStage } from '#src/pipeline/clone-stage.ts';
import type { Edges } from '#src/pipeline/edges.ts';
import { endLeasesOfDead, haltAll, type InWork, keepLeases, leaseSeconds } from '#src/pipeline/leases.ts';
import type { LateLogs } from '#src/pipeline/log-writer.ts';
import { createSubgraphReader } from '#src/pipeline/read-subgraphs.ts';
import { deployStage, type Probes, verifyStage } from '#src/pipeline/rollout-stage.ts';
import { asFailure, settleCancel, settleFailure } from '#src/pipeline/settle.ts';
import { changeState } from '#src/pipeline/transition.ts';
import { askFirst, isNoAnswer, waitAgain } from '#src/pipeline/waiting.ts';
import { Halt, openWorkbench, StageFailure, type Work, workCaller } from '#src/pipeline/work.ts';
import { nameWorker } from '#src/pipeline/worker-name.ts';

/** Between two looks when nothing wakes it: for what another process left behind. */
const idleMs = 3000;

/** Before an interrupted stage is tried again; longer each time. */
const retrySeconds = 2;

export interface Pipeline {
  start(): void;
  /** Looks for work now. */
  wake(): void;
  /** Hands over what is in work; resolves when nothing of it runs here any more. */
  stop(): Promise<void>;
}

export function createPipeline(options: { deps: () => Deps; edges: Edges }): Pipeline {
  const owner = nameWorker();
  const inWork = new Map<string, InWork>();
  const stopping = new AbortController();
  const late: LateLogs = { signal: stopping.signal, open: new Set() };
  let nudge: (() => void) | undefined;
  let again = false;
  let loops: Promise<unknown> = Promise.resolve();

  const wake = () => {
    again = true;
    nudge?.();
  };

  const reader = createSubgraphReader(options.deps);

  async function look(deps: Deps): Promise<void> {
    const pending = await deploymentsDb.pending(deps.db);
    if (pending.chores) if ((await doChores(deps, stopping.signal)) > 0) again = true;
    if (pending.subgraphs) reader.wake();
    if (pending.orphaned) {
      const rows = await deps.db.write((tx) => deploymentsDb.takeOver(tx, owner, leaseSeconds));
      for (const row of rows) begin(deps, row, true);
    }
    if (pending.waiting) for (const row of await takeStarts(deps, owner)) begin(deps, row, false);
  }

  function begin(deps: Deps, row: DeploymentRow, resumed: boolean): void {
    if (inWork.has(row.id)) return;
    const abort = new AbortController();
    const setCancellable = (value: boolean) => {
      const entry = inWork.get(row.id);
      if (entry) entry.cancellable = value;
    };
    const done = work(deps, { row, owner, resumed, signal: abort.signal, edges: options.edges, late, setCancellable })
      .catch((error: unknown) =>
        deps.log.error({ err: error, deploymentId: row.id }, 'work on a deployment ended in an unexpected way'),
      )
      .finally(() => {
        inWork.delete(row.id);
        wake();
      });
    inWork.set(row.id, { abort, cancellable: isCancellable(row.state), done });
  }

  async function pollLoop(deps: Deps): Promise<void> {
    await endLeasesOfDead(deps).catch((error: unknown) =>
      deps.log.warn({ err: error }, 'what a dead worker left has to wait until its leases run out'),
    );
    while (!stopping.signal.aborted) {
      again = false;
      await look(deps).catch((error: unknown) => deps.log.warn({ err: error }, 'the pipeline could not look for work'));
      if (again) continue;
      await new Promise<void>((resolve) => {
        const timer = deps.clock.after(idleMs, resolve);
        nudge = () => {
          timer.cancel();
          resolve();
        };
      });
    }
  }

  return {
    wake,
    start() {
      const deps = options.deps();
      loops = Promise.all([pollLoop(deps), keepLeases(deps, { owner, inWork, signal: stopping.signal })]);
    },
    async stop() {
      stopping.abort();
      wake();
      haltAll(inWork, 'house');
      await reader.stop();
      await Promise.allSettled([loops, ...[...inWork.values()].map((entry) => entry.done)]);
    },
  };
}

/** Those whose turn it is, moved to where they begin. One process decides at a time. */
async function takeStarts(deps: Deps, owner: string): Promise<DeploymentRow[]> {
  return deps.db.write(async (tx) => {
    await deploymentsDb.lockStarts(tx);
    const active = await deploymentsDb.activeNow(tx);
    const waiting = await deploymentsDb.waiting(tx);
    const picked = pickStarts({
      waiting: waiting.map((row) => ({ id: row.id, appId: row.app_id, hasRelease: row.has_release })),
      busyApps: new Set(active.map((row) => row.app_id)),
      activeBuilds: active.filter((row) => row.builds).length,
      startsInLastMinute: await deploymentsDb.startedLately(tx),
      limits: {
        concurrency: deps.config.STEADING_DEPLOY_CONCURRENCY,
        startsPerMinute: deps.config.STEADING_DEPLOY_STARTS_PER_MINUTE,
      },
    });
    const taken: DeploymentRow[] = [];
    for (const row of await deploymentsDb.byIds(tx, picked)) {
      if ((await deploymentsDb.take(tx, row.id, owner, leaseSeconds)) === 0) continue;
      const to = firstState({ hasRelease: row.release_id !== null });
      if (await changeState(deps, tx, row, { to, caller: workCaller(row), owner })) taken.push({ ...row, state: to });
    }
    return taken;
  });
}

interface WorkOrder {
  readonly row: DeploymentRow;
  readonly owner: string;
  readonly resumed: boolean;
  readonly signal: AbortSignal;
  readonly edges: Edges;
  readonly late: LateLogs;
  readonly setCancellable: (value: boolean) => void;
}

async function work(deps: Deps, order: WorkOrder): Promise<void> {
  const bench = await openWorkbench(deps, order.row, order.late);
  if (!bench) return;
  const probes: Probes = { current: undefined };
  if (order.resumed && order.row.waited_seconds === null)
    bench.log.write(order.row.state, 'steading', `This was interrupted; going on with ${order.row.state}.`);
  try {
    for (;;) {
      const deployment = await deploymentsDb.byId(deps.db, order.row.id);
      if (!deployment || deployment.lease_owner !== order.owner) break;
      const job: Work = {
        deps,
        owner: order.owner,
        deployment,
        ...bench,
        caller: workCaller(deployment),
        signal: order.signal,
      };
      if (!(await oneStep(job, order, probes))) break;
    }
  } finally {
    await keepTrace(deps, order.row.id, probes);
    await bench.log.close();
    await cleanUp(deps, order.row.id);
  }
}

/** A rollout that did not get as far as its verification still shows what it cost. */
async function keepTrace(deps: Deps, deploymentId: string, probes: Probes): Promise<void> {
  const trace = await probes.current?.stop();
  if (trace) await deps.db.write((tx) => deploymentsDb.note(tx, deploymentId, { trace })).catch(() => 0);
}

/** False: this worker has nothing more to do with the deployment. */
async function oneStep(job: Work, order: WorkOrder, probes: Probes): Promise<boolean> {
  const { deployment } = job;
  order.setCancellable(isCancellable(deployment.state));
  const step = nextStep({
    state: deployment.state,
    cancelRequested: deployment.cancel_requested,
    attempts: deployment.attempts,
  });
  const beganMs = job.deps.clock.now();
  try {
    if (step === 'nothing') return false;
    if (step !== 'cancel') await askFirst(job);
    if (step === 'cancel') await settleCancel(job);
    else if (step === 'give-up')
      await settleFailure(
        job,
        new StageFailure('gave-up', 'The house was interrupted too often while it worked on this. Deploy again.'),
      );
    else if (step === 'clone') await cloneStage(job);
    else if (step === 'build') await buildStage(job);
    else if (step === 'push') await pushStage(job);
    else if (step === 'deploy') await deployStage(job, order.edges, probes);
    else await verifyStage(job, order.edges, probes);
    return true;
  } catch (error) {
    return afterError(job, order, { error, attemptMs: job.deps.clock.now() - beganMs });
  }
}

async function afterError(
  job: Work,
  order: WorkOrder,
  { error, attemptMs }: { error: unknown; attemptMs: number },
): Promise<boolean> {
  const { deps, deployment } = job;
  const halt = order.signal.aborted ? order.signal.reason : undefined;
  // Something else happened to the deployment meanwhile: the stored state says what, and whose it is.
  if (!halt && error instanceof Halt) return true;
  const known = halt ? undefined : asFailure(error);
  const wait = halt || known || !isNoAnswer(error) ? undefined : waitAgain(job, error, attemptMs);
  const failure = known ?? wait?.failure;
  try {
    if (halt instanceof Halt && halt.why === 'cancel') await settleCancel(job);
    else if (failure) await settleFailure(job, failure);
    else throw error;
  } catch (unsettled) {
    const stopped = halt instanceof Halt || unsettled instanceof Halt;
    if (!stopped)
      deps.log.warn(
        { err: unsettled, deploymentId: deployment.id, state: deployment.state },
        'a stage was interrupted and is tried again',
      );
    const seconds = stopped ? 0 : (wait?.seconds ?? retrySeconds * (deployment.attempts + 1));
    const handover = { owner: job.owner, seconds, waits: wait !== undefined };
    await deps.db.write((tx) => deploymentsDb.letGo(tx, deployment.id, handover)).catch(() => {});
  }
  return false;
}

async function cleanUp(deps: Deps, deploymentId: string): Promise<void> {
  const row = await deploymentsDb.byId(deps.db, deploymentId).catch(() => 'unknown' as const);
  if (row === 'unknown') return;
  if (!row || nextStep({ state: row.state, cancelRequested: false, attempts: 0 }) === 'nothing')
    await rm(deps.folders.work(deploymentId), { recursive: true, force: true });
}
