/** SQL of apps and of the route table. */
import { type Reader, statement, type Writer } from '@steading/db';
import type { BuildSettings, RuntimeSettings, SourceSettings } from '#src/settings.ts';

export type AppRow = {
  id: string;
  project_id: string;
  environment_id: string;
  name_id: string;
  name: string;
  source: SourceSettings;
  build: BuildSettings;
  runtime: RuntimeSettings;
  source_token: Buffer | null;
  deploy_key_private: Buffer | null;
  deploy_key_public: string | null;
  webhook_secret: Buffer | null;
  deploy_hook_hash: Buffer | null;
  known_hosts: string;
  archive_id: string | null;
  serving: boolean;
  stopped: boolean;
  live_deployment_id: string | null;
  last_number: number;
  created_at: Date;
};

const columns = `id, project_id, environment_id, name_id, name, source, build, runtime, source_token, deploy_key_private,
  deploy_key_public, webhook_secret, deploy_hook_hash, known_hosts, archive_id, serving, stopped, live_deployment_id, last_number, created_at`;

const byIds = statement<[ids: readonly string[]], AppRow>(
  'deploy.apps.byIds',
  `select ${columns} from deploy.apps where id = any($1::text[]) order by name, id`,
);
const lock = statement<[id: string], AppRow>(
  'deploy.apps.lock',
  `select ${columns} from deploy.apps where id = $1 for update`,
);
const byProjects = statement<[projects: readonly string[]], AppRow>(
  'deploy.apps.byProjects',
  `select ${columns} from deploy.apps where project_id = any($1::text[]) order by name, id limit 5000`,
);
const byEnvironments = statement<[environments: readonly string[]], AppRow>(
  'deploy.apps.byEnvironments',
  `select ${columns} from deploy.apps where environment_id = any($1::text[]) order by name, id limit 5000`,
);
const byNames = statement<[project: string, app: string], { id: string; space_id: string }>(
  'deploy.apps.byNames',
  `select a.id, p.space_id from deploy.apps a join deploy.projects p on p.id = a.project_id
   where p.name_id = $1 and a.name_id = $2 limit 200`,
);
const insert = statement<
  [
    id: string,
    project: string,
    environment: string,
    nameId: string,
    name: string,
    source: string,
    build: string,
    runtime: string,
  ]
>(
  'deploy.apps.insert',
  `insert into deploy.apps (id, project_id, environment_id, name_id, name, source, build, runtime)
   values ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8::jsonb) on conflict (project_id, name_id) do nothing`,
);
const update = statement<[id: string, name: string, source: string, build: string, runtime: string]>(
  'deploy.apps.update',
  'update deploy.apps set name = $2, source = $3::jsonb, build = $4::jsonb, runtime = $5::jsonb where id = $1',
);
const setToken = statement<[id: string, token: Buffer | null]>(
  'deploy.apps.setToken',
  'update deploy.apps set source_token = $2 where id = $1',
);
const setDeployKey = statement<[id: string, key: Buffer, shown: string]>(
  'deploy.apps.setDeployKey',
  'update deploy.apps set deploy_key_private = $2, deploy_key_public = $3 where id = $1',
);
const setKnownHosts = statement<[id: string, hosts: string]>(
  'deploy.apps.setKnownHosts',
  'update deploy.apps set known_hosts = $2 where id = $1 and known_hosts <> $2',
);
const setWebhook = statement<[id: string, secret: Buffer]>(
  'deploy.apps.setWebhook',
  'update deploy.apps set webhook_secret = $2 where id = $1',
);
const setDeployHook = statement<[id: string, hash: Buffer]>(
  'deploy.apps.setDeployHook',
  'update deploy.apps set deploy_hook_hash = $2 where id = $1',
);
const setArchive = statement<[id: string, archive: string]>(
  'deploy.apps.setArchive',
  'update deploy.apps set archive_id = $2 where id = $1',
);
const archivesInUse = statement<[], { id: string }>(
  'deploy.apps.archivesInUse',
  `select archive_id as id from deploy.apps where archive_id is not null
   union select archive_id from deploy.deployments where archive_id is not null
     and state in ('queued', 'cloning', 'building', 'pushing', 'deploying', 'verifying')`,
);
const setServing = statement<[id: string, serving: boolean, stopped: boolean]>(
  'deploy.apps.setServing',
  'update deploy.apps set serving = $2, stopped = $3 where id = $1 and (serving, stopped) is distinct from ($2, $3)',
);
const setLive = statement<[id: string, deployment: string]>(
  'deploy.apps.setLive',
  'update deploy.apps set live_deployment_id = $2 where id = $1',
);
const remove = statement<[id: string]>('deploy.apps.remove', 'delete from deploy.apps where id = $1');
const nextNumber = statement<[id: string], { number: number }>(
  'deploy.apps.nextNumber',
  'update deploy.apps set last_number = last_number + 1 where id = $1 returning last_number as number',
);
const bumpRoutes = statement<[], { revision: number }>(
  'deploy.routes.bump',
  'update deploy.routes_revision set revision = revision + 1 returning revision::float8 as revision',
);
const routes = statement<
  [],
  { revision: number; routes: { host: string; appId: string; serving: boolean; stopped: boolean }[] | null }
>(
  'deploy.routes.all',
  `select r.revision::float8 as revision, (
     select json_agg(json_build_object('host', d.host, 'appId', a.id, 'serving', a.serving, 'stopped', a.stopped) order by d.host)
     from deploy.domains d join deploy.apps a on a.id = d.app_id where d.verified
   ) as routes from deploy.routes_revision r`,
);

export const appsDb = {
  byIds: (db: Reader, ids: readonly string[]) => db.all(byIds, ids),
  byId: (db: Reader, id: string) => db.first(byIds, [id]),
  /** Holds the row until the transaction ends: what happens to one app happens one after the other. */
  lock: (tx: Writer, id: string) => tx.first(lock, id),
  byProjects: (db: Reader, projects: readonly string[]) => db.all(byProjects, projects),
  byEnvironments: (db: Reader, environments: readonly string[]) => db.all(byEnvironments, environments),
  /** In every space: whoever asks picks theirs. */
  byNames: (db: Reader, names: { project: string; app: string }) => db.all(byNames, names.project, names.app),
  insert: (
    tx: Writer,
    row: {
      id: string;
      projectId: string;
      environmentId: string;
      nameId: string;
      name: string;
      source: SourceSettings;
      build: BuildSettings;
      runtime: RuntimeSettings;
    },
  ) =>
    tx.run(
      insert,
      row.id,
      row.projectId,
      row.environmentId,
      row.nameId,
      row.name,
      JSON.stringify(row.source),
      JSON.stringify(row.build),
      JSON.stringify(row.runtime),
    ),
  update: (tx: Writer, row: Pick<AppRow, 'id' | 'name' | 'source' | 'build' | 'runtime'>) =>
    tx.run(
      update,
      row.id,
      row.name,
      JSON.stringify(row.source),
      JSON.stringify(row.build),
      JSON.stringify(row.runtime),
    ),
  setToken: (tx: Writer, id: string, token: Buffer | null) => tx.run(setToken, id, token),
  setDeployKey: (tx: Writer, id: string, key: Buffer, shown: string) => tx.run(setDeployKey, id, key, shown),
  setKnownHosts: (tx: Writer, id: string, hosts: string) => tx.run(setKnownHosts, id, hosts),
  setWebhook: (tx: Writer, id: string, secret: Buffer) => tx.run(setWebhook, id, secret),
  setDeployHook: (tx: Writer, id: string, hash: Buffer) => tx.run(setDeployHook, id, hash),
  setArchive: (tx: Writer, id: string, archive: string) => tx.run(setArchive, id, archive),
  archivesInUse: async (db: Reader) => (await db.all(archivesInUse)).map((row) => row.id),
  /** How many rows this changed: 0 where it was so already. */
  setServing: (tx: Writer, id: string, to: { serving: boolean; stopped: boolean }) =>
    tx.run(setServing, id, to.serving, to.stopped),
  setLive: (tx: Writer, id: string, deploymentId: string) => tx.run(setLive, id, deploymentId),
  remove: (tx: Writer, id: string) => tx.run(remove, id),
  nextNumber: async (tx: Writer, id: string) => (await tx.first(nextNumber, id))!.number,
  bumpRoutes: async (tx: Writer) => (await tx.first(bumpRoutes))!.revision,
  routes: async (db: Reader) => (await db.first(routes))!,
};
