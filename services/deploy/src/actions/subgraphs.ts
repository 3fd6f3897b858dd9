/** An app's part of the GraphQL endpoint: offered by those who build it, allowed or denied by operators. */
import { AppSubgraphsChanged } from '@steading/contracts/deploy-events';
import type { Writer } from '@steading/db';
import { type Caller, isId, kitErrors } from '@steading/kit';
import { audit } from '#src/actions/audit.ts';
import { findApp } from '#src/actions/find.ts';
import {
  listed,
  subgraphLimits,
  subgraphNameOf,
  subgraphNameProblem,
  subgraphPathProblem,
} from '#src/app-subgraphs.ts';
import { appsDb } from '#src/apps-db.ts';
import type { Deps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { type SubgraphRow, subgraphsDb } from '#src/subgraphs-db.ts';

export interface SubgraphOffer {
  /** On the app's own server: `/graphql`. */
  readonly path: string;
  /** With which all that it adds begins; default: made from the app's short name. */
  readonly name?: string | null | undefined;
}

/** Offers it, or asks an app that was allowed for its SDL once more. */
export async function offerSubgraph(deps: Deps, caller: Caller, appId: string, offer: SubgraphOffer) {
  const app = await findApp(deps, caller, 'app.update', appId);
  const { path } = offer;
  const pathProblem = subgraphPathProblem(path);
  if (pathProblem) throw fail('deploy.bad-setting', { field: 'path', problem: pathProblem });
  await deps.db.write(async (tx) => {
    await appsDb.lock(tx, appId);
    const before = await subgraphsDb.lock(tx, appId);
    const name = offer.name || before?.name || subgraphNameOf(app.name_id);
    const problem = subgraphNameProblem(name);
    if (problem) throw fail('deploy.bad-name', { field: 'name of the subgraph', problem });
    const owner = await subgraphsDb.ownerOfName(tx, name);
    if (owner !== undefined && owner !== appId) throw fail('deploy.subgraph-name-taken', { name });
    await subgraphsDb.offer(tx, { app: appId, name, path });
    await subgraphsDb.askNow(tx, appId);
    await tellSubgraph(deps, tx, caller, appId);
    await audit(deps, tx, caller, {
      action: 'deploy.subgraph-offered',
      node: appId,
      target: app.name,
      after: { name, path },
    });
    tx.afterCommit(deps.wake);
  });
  return (await subgraphsDb.byApp(deps.db, appId))!;
}

/** False: there was none. */
export async function withdrawSubgraph(deps: Deps, caller: Caller, appId: string): Promise<boolean> {
  const app = await findApp(deps, caller, 'app.update', appId);
  return deps.db.write(async (tx) => {
    if (!(await forgetSubgraph(deps, tx, caller, appId))) return false;
    await audit(deps, tx, caller, { action: 'deploy.subgraph-withdrawn', node: appId, target: app.name });
    return true;
  });
}

/** For operators. */
export async function decideSubgraph(
  deps: Deps,
  caller: Caller,
  appId: string,
  decision: { allow: boolean; reason?: string | null | undefined },
): Promise<SubgraphRow> {
  await deps.access.require(caller, 'platform.admin', 'platform');
  const reason = decision.reason?.trim() || null;
  if (reason && reason.length > subgraphLimits.reasonLength)
    throw fail('deploy.bad-setting', {
      field: 'reason',
      problem: `it must have at most ${subgraphLimits.reasonLength} characters.`,
    });
  const app = isId('app', appId) ? await appsDb.byId(deps.db, appId) : undefined;
  if (!app) throw fail('deploy.not-found', { kind: 'subgraph' });
  const consent = decision.allow ? 'allowed' : 'denied';
  await deps.db.write(async (tx) => {
    const before = await subgraphsDb.lock(tx, appId);
    if (!before) throw fail('deploy.not-found', { kind: 'subgraph' });
    const limit = subgraphLimits.allowed;
    if (decision.allow && (await subgraphsDb.countAllowedBut(tx, appId)) >= limit)
      throw fail('deploy.limit', { what: 'subgraphs of apps', limit });
    await subgraphsDb.decide(tx, appId, consent, reason);
    await subgraphsDb.askNow(tx, appId);
    await tellSubgraph(deps, tx, caller, appId);
    await audit(deps, tx, caller, {
      action: `deploy.subgraph-${consent}`,
      node: appId,
      target: app.name,
      before: { consent: before.consent },
      after: { name: before.name, ...(reason && { reason }) },
    });
    tx.afterCommit(deps.wake);
  });
  return (await subgraphsDb.byApp(deps.db, appId))!;
}

/** Goes with its app. False: there was none. */
export async function forgetSubgraph(
  deps: Pick<Deps, 'bus'>,
  tx: Writer,
  caller: Caller,
  appId: string,
): Promise<boolean> {
  if ((await subgraphsDb.remove(tx, appId)) === 0) return false;
  await tellSubgraph(deps, tx, caller, appId);
  return true;
}

/** To be called in the transaction that changes what gateways are told. */
export async function tellSubgraph(deps: Pick<Deps, 'bus'>, tx: Writer, caller: Caller, appId: string): Promise<void> {
  await deps.bus.emit(tx, AppSubgraphsChanged, { key: appId, caller, data: { appId } });
}

export interface SubgraphReport {
  readonly appId: string;
  readonly revision: number;
  readonly serving: boolean;
  readonly reason: string;
}

/** How a gateway took what it was told; what does not fit gives way to what was served before, everywhere. */
export async function takeReports(
  deps: Deps,
  caller: Caller,
  edgeId: string,
  reports: readonly SubgraphReport[],
): Promise<void> {
  if (caller.kind !== 'service') throw kitErrors('forbidden', { why: 'Only the house itself reports.' });
  if (!isId('edg', edgeId)) throw kitErrors('bad-input', { field: 'edge_id', problem: 'must be an id' });
  for (const { appId, revision, serving, reason } of reports) {
    await deps.db.write(async (tx) => {
      const before = await subgraphsDb.lock(tx, appId);
      if (!before) return;
      if (serving) await subgraphsDb.fits(tx, appId, revision, edgeId);
      else await subgraphsDb.misfits(tx, appId, revision, reason.slice(0, subgraphLimits.problemLength));
      const after = await subgraphsDb.byApp(tx, appId);
      if (listed(before)?.revision !== (after && listed(after)?.revision)) await tellSubgraph(deps, tx, caller, appId);
    });
  }
}
