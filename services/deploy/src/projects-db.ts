/** SQL of projects and environments. */
import { type Reader, statement, type Writer } from '@steading/db';

export type ProjectRow = { id: string; space_id: string; name_id: string; name: string; created_at: Date };
export type EnvironmentRow = { id: string; project_id: string; name: string; is_default: boolean; created_at: Date };

const byIds = statement<[ids: readonly string[]], ProjectRow>(
  'deploy.projects.byIds',
  'select id, space_id, name_id, name, created_at from deploy.projects where id = any($1::text[]) order by id',
);
const bySpaces = statement<[spaces: readonly string[]], ProjectRow>(
  'deploy.projects.bySpaces',
  'select id, space_id, name_id, name, created_at from deploy.projects where space_id = any($1::text[]) order by name, id limit 2000',
);
const insert = statement<[id: string, space: string, nameId: string, name: string]>(
  'deploy.projects.insert',
  'insert into deploy.projects (id, space_id, name_id, name) values ($1, $2, $3, $4) on conflict (space_id, name_id) do nothing',
);
const rename = statement<[id: string, name: string]>(
  'deploy.projects.rename',
  'update deploy.projects set name = $2 where id = $1',
);
const remove = statement<[id: string]>('deploy.projects.remove', 'delete from deploy.projects where id = $1');
const countInSpace = statement<[space: string], { count: number }>(
  'deploy.projects.countInSpace',
  'select count(*)::int as count from deploy.projects where space_id = $1',
);
const environmentsByIds = statement<[ids: readonly string[]], EnvironmentRow>(
  'deploy.environments.byIds',
  'select id, project_id, name, is_default, created_at from deploy.environments where id = any($1::text[])',
);
const environmentsByProjects = statement<[projects: readonly string[]], EnvironmentRow>(
  'deploy.environments.byProjects',
  `select id, project_id, name, is_default, created_at from deploy.environments
   where project_id = any($1::text[]) order by is_default desc, name`,
);
const insertEnvironment = statement<[id: string, project: string, name: string, isDefault: boolean]>(
  'deploy.environments.insert',
  'insert into deploy.environments (id, project_id, name, is_default) values ($1, $2, $3, $4) on conflict (project_id, name) do nothing',
);
const removeEnvironment = statement<[id: string]>(
  'deploy.environments.remove',
  'delete from deploy.environments where id = $1',
);
const knownNodes = statement<[ids: readonly string[]], { id: string }>(
  'deploy.nodes.known',
  `select id from deploy.projects where id = any($1::text[])
   union all select id from deploy.environments where id = any($1::text[])
   union all select id from deploy.apps where id = any($1::text[])`,
);

export const projectsDb = {
  byIds: (db: Reader, ids: readonly string[]) => db.all(byIds, ids),
  byId: (db: Reader, id: string) => db.first(byIds, [id]),
  bySpaces: (db: Reader, spaces: readonly string[]) => db.all(bySpaces, spaces),
  countInSpace: async (db: Reader, space: string) => (await db.first(countInSpace, space))!.count,
  insert: (tx: Writer, row: { id: string; spaceId: string; nameId: string; name: string }) =>
    tx.run(insert, row.id, row.spaceId, row.nameId, row.name),
  rename: (tx: Writer, id: string, name: string) => tx.run(rename, id, name),
  remove: (tx: Writer, id: string) => tx.run(remove, id),
  environmentsByIds: (db: Reader, ids: readonly string[]) => db.all(environmentsByIds, ids),
  environmentById: (db: Reader, id: string) => db.first(environmentsByIds, [id]),
  environmentsByProjects: (db: Reader, projects: readonly string[]) => db.all(environmentsByProjects, projects),
  insertEnvironment: (tx: Writer, row: { id: string; projectId: string; name: string; isDefault: boolean }) =>
    tx.run(insertEnvironment, row.id, row.projectId, row.name, row.isDefault),
  removeEnvironment: (tx: Writer, id: string) => tx.run(removeEnvironment, id),
  /** Which of these forest nodes this service has. */
  known: async (db: Reader, ids: readonly string[]) => (await db.all(knownNodes, ids)).map((row) => row.id),
};
