/** Projects and environments: made, renamed, removed. */
import type { Writer } from '@steading/db';
import { type Caller, kitErrors, newId } from '@steading/kit';
import { audit } from '#src/actions/audit.ts';
import { findProject } from '#src/actions/find.ts';
import { checkName, checkNameId } from '#src/actions/input.ts';
import { forgetSubgraph } from '#src/actions/subgraphs.ts';
import { appsDb } from '#src/apps-db.ts';
import { choresDb } from '#src/chores-db.ts';
import type { Deps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { type EnvironmentRow, type ProjectRow, projectsDb } from '#src/projects-db.ts';
import { tellRoutes } from '#src/routes.ts';
import { variablesDb } from '#src/variables-db.ts';

export const projectLimits = { perSpace: 200, environmentsPerProject: 20 };
const defaultEnvironment = 'production';

export async function createProject(
  deps: Deps,
  caller: Caller,
  input: { spaceId: string; nameId: string; name: string },
): Promise<{ project: ProjectRow; revision: number }> {
  await deps.access.require(caller, 'space.create-project', input.spaceId);
  const nameId = checkNameId(input.nameId);
  const name = checkName(input.name);
  const { perSpace } = projectLimits;
  if ((await projectsDb.countInSpace(deps.db, input.spaceId)) >= perSpace)
    throw fail('deploy.limit', { what: 'projects', limit: perSpace });
  const id = newId('prj');
  const environmentId = newId('env');
  const node = { owner: null, inherit: 'open' } as const;
  const revision = await deps.access.write(caller, [
    { op: 'plant', node: { id, kind: 'project', parent: input.spaceId, name, ...node } },
    { op: 'plant', node: { id: environmentId, kind: 'environment', parent: id, name: defaultEnvironment, ...node } },
  ]);
  await orRemove(deps, caller, id, () =>
    deps.db.write(async (tx) => {
      const made = await projectsDb.insert(tx, { id, spaceId: input.spaceId, nameId, name });
      if (made === 0) throw fail('deploy.name-taken', { name: nameId });
      await projectsDb.insertEnvironment(tx, {
        id: environmentId,
        projectId: id,
        name: defaultEnvironment,
        isDefault: true,
      });
      await audit(deps, tx, caller, {
        action: 'deploy.project-created',
        node: id,
        target: name,
        after: { nameId, name },
      });
    }),
  );
  return { project: (await projectsDb.byId(deps.db, id))!, revision };
}

/** A node whose row could not be made goes again at once; what a crash leaves, the forest finds by asking `Known`. */
export async function orRemove<T>(deps: Deps, caller: Caller, node: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    await deps.access.write(caller, [{ op: 'remove', node }]).catch(() => {});
    throw error;
  }
}

export async function updateProject(
  deps: Deps,
  caller: Caller,
  id: string,
  input: { name?: string | null | undefined },
): Promise<ProjectRow> {
  const before = await findProject(deps, caller, 'project.update', id);
  const name = checkName(input.name ?? before.name);
  await deps.db.write(async (tx) => {
    await projectsDb.rename(tx, id, name);
    await audit(deps, tx, caller, {
      action: 'deploy.project-updated',
      node: id,
      target: name,
      before: { name: before.name },
      after: { name },
    });
  });
  await deps.access.write(caller, [{ op: 'rename', node: id, name }]);
  return { ...before, name };
}

export async function removeProject(deps: Deps, caller: Caller, id: string): Promise<number> {
  const project = await findProject(deps, caller, 'project.remove', id);
  await deps.db.write(async (tx) => {
    await removeProjectRows(deps, tx, caller, id);
    await audit(deps, tx, caller, {
      action: 'deploy.project-removed',
      node: id,
      target: project.name,
      before: { name: project.name },
    });
    tx.afterCommit(deps.wake);
  });
  return deps.access.write(caller, [{ op: 'remove', node: id }]);
}

/** Everything of a project, in the caller's transaction; what runs is stopped after the commit. */
export async function removeProjectRows(
  deps: Pick<Deps, 'bus'>,
  tx: Writer,
  caller: Caller,
  id: string,
): Promise<void> {
  const apps = await appsDb.byProjects(tx, [id]);
  const environments = await projectsDb.environmentsByProjects(tx, [id]);
  for (const app of apps) await choresDb.add(tx, { kind: 'remove-app', appId: app.id });
  await variablesDb.removeOfOwners(tx, [id, ...environments.map((row) => row.id), ...apps.map((row) => row.id)]);
  for (const app of apps) {
    await forgetSubgraph(deps, tx, caller, app.id);
    await appsDb.remove(tx, app.id);
  }
  await projectsDb.remove(tx, id);
  if (apps.length > 0) await tellRoutes(deps, tx, caller);
}

export async function createEnvironment(
  deps: Deps,
  caller: Caller,
  input: { projectId: string; name: string },
): Promise<{ environment: EnvironmentRow; revision: number }> {
  const project = await findProject(deps, caller, 'project.update', input.projectId);
  const name = checkNameId(input.name, 'name');
  const limit = projectLimits.environmentsPerProject;
  const others = await projectsDb.environmentsByProjects(deps.db, [project.id]);
  if (others.length >= limit) throw fail('deploy.limit', { what: 'environments', limit });
  const id = newId('env');
  const revision = await deps.access.write(caller, [
    { op: 'plant', node: { id, kind: 'environment', parent: project.id, name, owner: null, inherit: 'open' } },
  ]);
  await orRemove(deps, caller, id, () =>
    deps.db.write(async (tx) => {
      const made = await projectsDb.insertEnvironment(tx, { id, projectId: project.id, name, isDefault: false });
      if (made === 0) throw fail('deploy.name-taken', { name });
      await audit(deps, tx, caller, { action: 'deploy.environment-created', node: id, target: name, after: { name } });
    }),
  );
  return { environment: (await projectsDb.environmentById(deps.db, id))!, revision };
}

export async function removeEnvironment(deps: Deps, caller: Caller, id: string): Promise<number> {
  await deps.access.require(caller, 'environment.remove', id);
  const environment = await projectsDb.environmentById(deps.db, id);
  if (!environment) throw kitErrors('not-found', { kind: 'environment' });
  if (environment.is_default) throw fail('deploy.default-environment', { name: environment.name });
  await deps.db.write(async (tx) => {
    if ((await appsDb.byEnvironments(tx, [id])).length > 0)
      throw fail('deploy.environment-not-empty', { name: environment.name });
    await variablesDb.removeOfOwners(tx, [id]);
    await projectsDb.removeEnvironment(tx, id);
    await audit(deps, tx, caller, { action: 'deploy.environment-removed', node: id, target: environment.name });
  });
  return deps.access.write(caller, [{ op: 'remove', node: id }]);
}
