/**
 * deploying and verifying: compute starts the new version beside the old one; when it is healthy, the edge must be
 * seen to send requests there. Only then is anything called live.
 */
import { as } from '@steading/rpc';
import { appsDb } from '#src/apps-db.ts';
import { choresDb } from '#src/chores-db.ts';
import { deploymentsDb, type LineRecord } from '#src/deployments-db.ts';
import { domainsDb } from '#src/domains-db.ts';
import { advance } from '#src/pipeline/advance.ts';
import type { Edges } from '#src/pipeline/edges.ts';
import { type Probing, startProbing } from '#src/pipeline/probing.ts';
import { runSpec } from '#src/pipeline/run-spec.ts';
import { changeState } from '#src/pipeline/transition.ts';
import { openSnapshot, StageFailure, type Work } from '#src/pipeline/work.ts';
import { tellRoutes } from '#src/routes.ts';
import { subgraphsDb } from '#src/subgraphs-db.ts';

export const rolloutTimes = { watchMs: 15 * 60_000, verifyMs: 30_000 };

/** The probes of one deployment, from its rollout to its end. */
export interface Probes {
  current: Probing | undefined;
}

export async function deployStage(work: Work, edges: Edges, probes: Probes): Promise<void> {
  const { deps, deployment, app } = work;
  const snapshot = openSnapshot(deps, deployment);
  work.hide(snapshot.masked);
  if (!deployment.release_id) throw noRelease();
  const replicas = snapshot.runtime.replicas;
  work.log.write(
    'deploying',
    'steading',
    `Starting ${replicas === 1 ? 'one instance' : `${replicas} instances`} beside what runs.`,
  );
  if (app.serving) probes.current = await beginProbing(work, edges);
  const spec = runSpec({
    releaseId: deployment.release_id,
    snapshot,
    appId: app.id,
    publicUrl: deps.house.publicUrl,
  });
  await deps.compute.apply(
    { appId: app.id, generation: deployment.generation, spec },
    as(work.caller, { signal: work.signal, timeoutMs: 30_000 }),
  );
  await watchRollout(work);
  work.log.write('deploying', 'steading', 'The new version is healthy.');
  await advance(work, 'verifying', {
    also: async (tx) => {
      const changed = await appsDb.setServing(tx, app.id, { serving: true, stopped: false });
      if (changed > 0) await tellRoutes(deps, tx, work.caller);
    },
  });
}

export async function verifyStage(work: Work, edges: Edges, probes: Probes): Promise<void> {
  const { deps, deployment } = work;
  if (!deployment.release_id) throw noRelease();
  const probing = (probes.current ??= await beginProbing(work, edges));
  const reach = await probing.reaches(deployment.generation, deps.clock.now() + rolloutTimes.verifyMs);
  work.signal.throwIfAborted();
  const trace = await probing.stop();
  probes.current = undefined;
  await deps.db.write((tx) => deploymentsDb.note(tx, deployment.id, { trace }).then(() => undefined));
  for (const url of reach.absent)
    work.log.write('verifying', 'steading', `The gateway at ${url} is not there; it was not waited for.`);
  for (const url of reach.missing)
    work.log.write('verifying', 'steading', `Requests through the gateway at ${url} do not reach the new version.`);
  if (!reach.everywhere)
    throw new StageFailure(
      'not-reached',
      'The new version is healthy, but requests through the edge did not reach it within 30 seconds. Look at the health of the house, then deploy again.',
    );
  work.log.write(
    'verifying',
    'steading',
    `Requests reach the new version. While it was replaced: ${trace.sent} sent, ${trace.lost} lost.`,
  );
  await goLive(work);
  work.log.write('verifying', 'steading', 'Live.');
}

function noRelease(): StageFailure {
  return new StageFailure('no-release', 'The release is no longer kept. Deploy again.');
}

/** One transaction: this one is live, the one before is not, and what is too old is forgotten. */
async function goLive(work: Work): Promise<void> {
  const { deps, deployment, caller } = work;
  await advance(work, 'live', {
    also: async (tx) => {
      const app = await appsDb.lock(tx, deployment.app_id);
      if (!app) throw new StageFailure('app-removed', 'The app was removed meanwhile.');
      const before = app.live_deployment_id ? await deploymentsDb.byId(tx, app.live_deployment_id) : undefined;
      if (before && before.id !== deployment.id && before.state === 'live') {
        const back = deployment.trigger === 'rollback';
        await changeState(deps, tx, before, {
          to: back ? 'rolled-back' : 'superseded',
          code: back ? 'rolled-back' : 'replaced',
          reason: `Replaced by deployment ${deployment.number}.`,
          caller,
        });
      }
      await appsDb.setLive(tx, app.id, deployment.id);
      await subgraphsDb.askNow(tx, app.id);
      for (const releaseId of await deploymentsDb.releasesBeyond(tx, app.id, app.runtime.keep)) {
        await deploymentsDb.forgetRelease(tx, app.id, releaseId);
        await choresDb.add(tx, { kind: 'remove-release', appId: app.id, releaseId });
      }
    },
  });
}

async function beginProbing(work: Work, edges: Edges): Promise<Probing> {
  const domains = await domainsDb.ofApps(work.deps.db, [work.app.id]);
  const host = domains.find((domain) => domain.verified)?.host;
  if (!host) throw new StageFailure('no-domain', 'The app has no domain. Add one, then deploy again.');
  const { healthPath } = openSnapshot(work.deps, work.deployment).runtime;
  return startProbing({
    edges,
    host,
    path: healthPath || '/',
    clock: work.deps.clock,
    log: work.deps.log,
    signal: work.signal,
    servesAlready: work.app.serving,
    earlier: work.deployment.trace,
  });
}

async function watchRollout(work: Work): Promise<void> {
  const { deps, deployment, app } = work;
  const watching = deps.compute.watchRollout(
    { appId: app.id, generation: deployment.generation },
    as(work.caller, { signal: work.signal, timeoutMs: rolloutTimes.watchMs }),
  );
  let shown = '';
  for await (const seen of watching) {
    if (seen.state === 'healthy') return;
    if (seen.state === 'failed') {
      work.signal.throwIfAborted();
      const lastLines: LineRecord[] = seen.lastLines.slice(-50).map((line) => ({
        position: Number(line.position),
        at: new Date(Number(line.timeMs)).toISOString(),
        stage: 'deploying',
        stream: line.stream,
        text: line.text,
      }));
      throw new StageFailure('not-healthy', unhealthyText(seen.reason), lastLines);
    }
    const words = seen.reason || (seen.state === 'checking' ? 'Waiting until it is healthy.' : 'Starting.');
    if (words !== shown) work.log.write('deploying', 'steading', words);
    shown = words;
  }
  work.signal.throwIfAborted();
  throw new Error('the watch over a rollout ended without saying how it is');
}

/** Compute gives a cause (`it ended with code 3`); people get a sentence. */
function unhealthyText(cause: string): string {
  const told = cause.trim().replace(/\.$/, '');
  return told === ''
    ? 'The new version did not become healthy. What was live before stays.'
    : `The new version did not become healthy: ${told}. What was live before stays.`;
}
