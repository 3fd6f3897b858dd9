/** One question to the database for all rows of a kind that one request shows. */
import type { GraphContext } from '@steading/graph';
import DataLoader from 'dataloader';
import { type AppRow, appsDb } from '#src/apps-db.ts';
import { type DeploymentRow, deploymentsDb } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';
import { type DomainRow, domainsDb } from '#src/domains-db.ts';
import { type EnvironmentRow, type ProjectRow, projectsDb } from '#src/projects-db.ts';
import { type SubgraphRow, subgraphsDb } from '#src/subgraphs-db.ts';

/** One row for an id. */
const single =
  <Row>(name: string, load: (ids: readonly string[]) => Promise<readonly Row[]>, keyOf: (row: Row) => string) =>
  (context: GraphContext) =>
    context.loaders.get(
      `deploy.${name}`,
      () =>
        new DataLoader<string, Row | undefined>(async (ids) => {
          const rows = new Map((await load(ids)).map((row) => [keyOf(row), row]));
          return ids.map((id) => rows.get(id));
        }),
    );
/** Every row that belongs to an id. */
const many =
  <Row>(name: string, load: (ids: readonly string[]) => Promise<readonly Row[]>, keyOf: (row: Row) => string) =>
  (context: GraphContext) =>
    context.loaders.get(
      `deploy.${name}`,
      () =>
        new DataLoader<string, Row[]>(async (ids) => {
          const rows = Map.groupBy(await load(ids), keyOf);
          return ids.map((id) => rows.get(id) ?? []);
        }),
    );

export function createLoaders(deps: Pick<Deps, 'db'>) {
  const { db } = deps;
  return {
    project: single<ProjectRow>(
      'project',
      (ids) => projectsDb.byIds(db, ids),
      (row) => row.id,
    ),
    environment: single<EnvironmentRow>(
      'environment',
      (ids) => projectsDb.environmentsByIds(db, ids),
      (row) => row.id,
    ),
    app: single<AppRow>(
      'app',
      (ids) => appsDb.byIds(db, ids),
      (row) => row.id,
    ),
    deployment: single<DeploymentRow>(
      'deployment',
      (ids) => deploymentsDb.byIds(db, ids),
      (row) => row.id,
    ),
    newest: single<DeploymentRow>(
      'newest',
      (ids) => deploymentsDb.newestOfApps(db, ids),
      (row) => row.app_id,
    ),
    projectsOfSpace: many<ProjectRow>(
      'projectsOfSpace',
      (ids) => projectsDb.bySpaces(db, ids),
      (row) => row.space_id,
    ),
    environmentsOfProject: many<EnvironmentRow>(
      'environmentsOfProject',
      (ids) => projectsDb.environmentsByProjects(db, ids),
      (row) => row.project_id,
    ),
    appsOfProject: many<AppRow>(
      'appsOfProject',
      (ids) => appsDb.byProjects(db, ids),
      (row) => row.project_id,
    ),
    appsOfEnvironment: many<AppRow>(
      'appsOfEnvironment',
      (ids) => appsDb.byEnvironments(db, ids),
      (row) => row.environment_id,
    ),
    subgraph: single<SubgraphRow>(
      'subgraph',
      (ids) => subgraphsDb.byApps(db, ids),
      (row) => row.app_id,
    ),
    domainsOfApp: many<DomainRow>(
      'domainsOfApp',
      (ids) => domainsDb.ofApps(db, ids),
      (row) => row.app_id,
    ),
  };
}

export type Loaders = ReturnType<typeof createLoaders>;
