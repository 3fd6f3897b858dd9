/** Things by id, for callers that may see them; the check comes before the look-up, so that nothing is given away. */
import { type Caller, isId, kitErrors } from '@steading/kit';
import { type AppRow, appsDb } from '#src/apps-db.ts';
import { type DeploymentRow, deploymentsDb } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';
import { type ProjectRow, projectsDb } from '#src/projects-db.ts';

export async function findProject(deps: Deps, caller: Caller, privilege: string, id: string): Promise<ProjectRow> {
  if (!isId('prj', id)) throw kitErrors('not-found', { kind: 'project' });
  await deps.access.require(caller, privilege, id);
  const row = await projectsDb.byId(deps.db, id);
  if (!row) throw kitErrors('not-found', { kind: 'project' });
  return row;
}

export async function findApp(deps: Deps, caller: Caller, privilege: string, id: string): Promise<AppRow> {
  if (!isId('app', id)) throw kitErrors('not-found', { kind: 'app' });
  await deps.access.require(caller, privilege, id);
  const row = await appsDb.byId(deps.db, id);
  if (!row) throw kitErrors('not-found', { kind: 'app' });
  return row;
}

/** A deployment hangs under its app: whoever may do this with the app may do it with the deployment. */
export async function findDeployment(
  deps: Deps,
  caller: Caller,
  privilege: string,
  id: string,
): Promise<DeploymentRow> {
  const row = isId('dep', id) ? await deploymentsDb.byId(deps.db, id) : undefined;
  if (!row || !deps.access.can(caller, 'app.read-about', row.app_id)) {
    // Waits for a replica that is as new as the caller, and says not-found where it still knows nothing.
    if (row) await deps.access.require(caller, 'app.read-about', row.app_id);
    else throw kitErrors('not-found', { kind: 'deployment' });
  }
  await deps.access.require(caller, privilege, row.app_id);
  return row;
}
