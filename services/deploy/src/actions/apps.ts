/** Apps: made, changed, stopped, started, removed. */
import { randomBytes } from 'node:crypto';
import type { Writer } from '@steading/db';
import { type Caller, kitErrors, newId } from '@steading/kit';
import { audit } from '#src/actions/audit.ts';
import { findApp } from '#src/actions/find.ts';
import { checkName, checkNameId, checkSettings } from '#src/actions/input.ts';
import { orRemove } from '#src/actions/projects.ts';
import { checkSource, type SourceInput } from '#src/actions/source.ts';
import { forgetSubgraph } from '#src/actions/subgraphs.ts';
import { type AppRow, appsDb } from '#src/apps-db.ts';
import { choresDb } from '#src/chores-db.ts';
import { isCancellable } from '#src/deployments.ts';
import { deploymentsDb } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';
import { domainsDb } from '#src/domains-db.ts';
import { fail } from '#src/errors.ts';
import { defaultHosts } from '#src/names.ts';
import { changeState } from '#src/pipeline/transition.ts';
import { type ProjectRow, projectsDb } from '#src/projects-db.ts';
import { tellRoutes } from '#src/routes.ts';
import { buildSettings, runtimeSettings } from '#src/settings.ts';
import { createDeployKey } from '#src/source/deploy-key.ts';
import { variablesDb } from '#src/variables-db.ts';

export const appLimits = { perProject: 100 };

export interface AppInput {
  readonly projectId: string;
  /** Default: the project's default environment. */
  readonly environmentId?: string | null | undefined;
  readonly nameId: string;
  readonly name: string;
  readonly source: SourceInput;
  readonly build?: unknown;
  readonly runtime?: unknown;
}

export async function createApp(
  deps: Deps,
  caller: Caller,
  input: AppInput,
): Promise<{ app: AppRow; revision: number }> {
  const { project, environmentId } = await whereTo(deps, caller, input);
  const row = {
    id: newId('app'),
    projectId: project.id,
    environmentId,
    nameId: checkNameId(input.nameId),
    name: checkName(input.name),
    source: checkSource(deps, input.source),
    build: checkSettings(buildSettings, withoutNulls(input.build), 'build'),
    runtime: checkSettings(runtimeSettings, withoutNulls(input.runtime), 'runtime'),
  };
  const revision = await deps.access.write(caller, [
    {
      op: 'plant',
      node: { id: row.id, kind: 'app', parent: environmentId, name: row.name, owner: null, inherit: 'open' },
    },
  ]);
  await orRemove(deps, caller, row.id, () =>
    deps.db.write(async (tx) => {
      if ((await appsDb.insert(tx, row)) === 0) throw fail('deploy.name-taken', { name: row.nameId });
      await keepCredentials(deps, tx, row.id, input.source);
      await giveDefaultHost(deps, tx, { appId: row.id, app: row.nameId, project: project.name_id });
      await tellRoutes(deps, tx, caller);
      const after = { nameId: row.nameId, name: row.name, source: row.source };
      await audit(deps, tx, caller, { action: 'deploy.app-created', node: row.id, target: row.name, after });
    }),
  );
  return { app: (await appsDb.byId(deps.db, row.id))!, revision };
}

async function whereTo(
  deps: Deps,
  caller: Caller,
  input: AppInput,
): Promise<{ project: ProjectRow; environmentId: string }> {
  await deps.access.require(caller, 'project.read', input.projectId);
  const project = await projectsDb.byId(deps.db, input.projectId);
  const environments = await projectsDb.environmentsByProjects(deps.db, [input.projectId]);
  const environment = input.environmentId
    ? environments.find((row) => row.id === input.environmentId)
    : environments.find((row) => row.is_default);
  if (!project || !environment) throw kitErrors('not-found', { kind: project ? 'environment' : 'project' });
  await deps.access.require(caller, 'environment.create-app', environment.id);
  const limit = appLimits.perProject;
  if ((await appsDb.byProjects(deps.db, [project.id])).length >= limit)
    throw fail('deploy.limit', { what: 'apps', limit });
  return { project, environmentId: environment.id };
}

async function giveDefaultHost(
  deps: Deps,
  tx: Writer,
  names: { appId: string; app: string; project: string },
): Promise<void> {
  for (const host of defaultHosts({ ...names, appsDomain: deps.house.appsDomain })) {
    const made = await domainsDb.insert(tx, { host, appId: names.appId, isDefault: true, verified: true, proof: '' });
    if (made > 0) return;
  }
  throw fail('deploy.name-taken', { name: names.app });
}

/** A new token replaces the old one, an empty one removes it, none leaves it. */
async function keepCredentials(deps: Deps, tx: Writer, appId: string, source: SourceInput): Promise<void> {
  if (typeof source.token === 'string') {
    const sealed = source.token === '' ? null : deps.sealing.seal(source.token, `${appId}:token`);
    await appsDb.setToken(tx, appId, sealed);
  }
  if (source.withDeployKey) {
    const app = await appsDb.lock(tx, appId);
    if (app?.deploy_key_public) return;
    const key = createDeployKey(appId);
    await appsDb.setDeployKey(
      tx,
      appId,
      deps.sealing.seal(key.privateKey.reveal(), `${appId}:deploy-key`),
      key.publicKey,
    );
  }
}

export async function updateApp(
  deps: Deps,
  caller: Caller,
  id: string,
  input: {
    name?: string | null | undefined;
    source?: SourceInput | null | undefined;
    build?: unknown;
    runtime?: unknown;
  },
): Promise<AppRow> {
  const app = await findApp(deps, caller, 'app.update', id);
  const next = {
    id,
    name: input.name ? checkName(input.name) : app.name,
    source: input.source ? checkSource(deps, { ...app.source, ...withoutNulls(input.source) }) : app.source,
    build: checkSettings(buildSettings, { ...app.build, ...withoutNulls(input.build) }, 'build'),
    runtime: checkSettings(runtimeSettings, { ...app.runtime, ...withoutNulls(input.runtime) }, 'runtime'),
  };
  // A token given for one server must not be shown to another because somebody changed the address.
  const elsewhere = next.source.url !== app.source.url && originOf(next.source.url) !== originOf(app.source.url);
  await deps.db.write(async (tx) => {
    await appsDb.update(tx, next);
    if (elsewhere) await appsDb.setToken(tx, id, null);
    if (input.source) await appsDb.setKnownHosts(tx, id, '');
    if (input.source) await keepCredentials(deps, tx, id, input.source);
    const shown = (row: typeof next) => ({
      name: row.name,
      source: row.source,
      build: row.build,
      runtime: row.runtime,
    });
    await audit(deps, tx, caller, {
      action: 'deploy.app-updated',
      node: id,
      target: next.name,
      before: shown(app),
      after: shown(next),
    });
  });
  if (next.name !== app.name) await deps.access.write(caller, [{ op: 'rename', node: id, name: next.name }]);
  return (await appsDb.byId(deps.db, id))!;
}

export async function removeApp(deps: Deps, caller: Caller, id: string): Promise<number> {
  const app = await findApp(deps, caller, 'app.remove', id);
  await deps.db.write(async (tx) => {
    await choresDb.add(tx, { kind: 'remove-app', appId: id });
    await variablesDb.removeOfOwners(tx, [id]);
    await forgetSubgraph(deps, tx, caller, id);
    await appsDb.remove(tx, id);
    await tellRoutes(deps, tx, caller);
    await audit(deps, tx, caller, {
      action: 'deploy.app-removed',
      node: id,
      target: app.name,
      before: { name: app.name },
    });
    tx.afterCommit(deps.wake);
  });
  return deps.access.write(caller, [{ op: 'remove', node: id }]);
}

/** Stops what runs and whatever is on its way; the releases stay, so that it can be started again. */
export async function stopApp(deps: Deps, caller: Caller, id: string): Promise<AppRow> {
  const app = await findApp(deps, caller, 'app.deploy', id);
  await deps.db.write(async (tx) => {
    await appsDb.lock(tx, id);
    for (const open of await deploymentsDb.openOfApp(tx, id)) {
      if (!isCancellable(open.state)) throw fail('deploy.not-cancellable', { state: open.state });
      if (open.state === 'queued')
        await changeState(deps, tx, open, { to: 'cancelled', code: 'stopped', reason: 'The app was stopped.', caller });
      else await deploymentsDb.askCancel(tx, open.id);
    }
    await appsDb.setServing(tx, id, { serving: false, stopped: true });
    await choresDb.add(tx, { kind: 'run', appId: id, generation: newId('dep'), stop: true });
    await tellRoutes(deps, tx, caller);
    await audit(deps, tx, caller, { action: 'deploy.app-stopped', node: id, target: app.name });
    tx.afterCommit(deps.wake);
  });
  return (await appsDb.byId(deps.db, id))!;
}

export async function startApp(deps: Deps, caller: Caller, id: string): Promise<AppRow> {
  const app = await findApp(deps, caller, 'app.deploy', id);
  if (!app.live_deployment_id) throw fail('deploy.nothing-to-start');
  await deps.db.write(async (tx) => {
    const locked = await appsDb.lock(tx, id);
    if (!locked?.stopped) return;
    if ((await deploymentsDb.openOfApp(tx, id)).length > 0) throw kitErrors('conflict', { what: 'The app' });
    await appsDb.setServing(tx, id, { serving: true, stopped: false });
    await choresDb.add(tx, { kind: 'run', appId: id, generation: newId('dep'), stop: false });
    await tellRoutes(deps, tx, caller);
    await audit(deps, tx, caller, { action: 'deploy.app-started', node: id, target: app.name });
    tx.afterCommit(deps.wake);
  });
  return (await appsDb.byId(deps.db, id))!;
}

export function newProof(): string {
  return `steading-verification=${randomBytes(18).toString('base64url')}`;
}

function originOf(url: string): string {
  return URL.parse(url.includes('://') ? url : `ssh://${url.replace(':', '/')}`)?.host ?? url;
}

function withoutNulls(given: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries((given ?? {}) as object).filter(([, value]) => value !== null && value !== undefined),
  );
}
