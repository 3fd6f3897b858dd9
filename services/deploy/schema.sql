-- The schema deploy, written by steading generate from its migrations. Not run by anything.

create table deploy.app_subgraph_edges (
  app_id text not null,
  edge_id text not null,
  revision bigint not null,
  seen_at timestamp with time zone not null default now(),
  constraint app_subgraph_edges_pkey PRIMARY KEY (app_id, edge_id),
  constraint app_subgraph_edges_app_id_fkey FOREIGN KEY (app_id) REFERENCES deploy.app_subgraphs(app_id) ON DELETE CASCADE
);

create table deploy.app_subgraphs (
  app_id text not null,
  name text not null,
  path text not null,
  consent text not null default 'offered'::text,
  consent_reason text,
  sdl text,
  sdl_revision bigint,
  adds text[] not null default '{}'::text[],
  served_sdl text,
  served_revision bigint,
  read_problem text,
  fit_problem text,
  read_due_at timestamp with time zone,
  read_request bigint not null default 0,
  read_attempts integer not null default 0,
  read_at timestamp with time zone,
  offered_at timestamp with time zone not null default now(),
  constraint app_subgraphs_pkey PRIMARY KEY (app_id),
  constraint app_subgraphs_app_id_fkey FOREIGN KEY (app_id) REFERENCES deploy.apps(id) ON DELETE CASCADE,
  constraint app_subgraphs_consent_check CHECK ((consent = ANY (ARRAY['offered'::text, 'allowed'::text, 'denied'::text])))
);
CREATE INDEX app_subgraphs_due ON deploy.app_subgraphs USING btree (read_due_at) WHERE (read_due_at IS NOT NULL);
CREATE UNIQUE INDEX app_subgraphs_names ON deploy.app_subgraphs USING btree (lower(name));

create table deploy.apps (
  id text not null,
  project_id text not null,
  environment_id text not null,
  name_id text not null,
  name text not null,
  source jsonb not null,
  build jsonb not null,
  runtime jsonb not null,
  source_token bytea,
  deploy_key_private bytea,
  deploy_key_public text,
  webhook_secret bytea,
  deploy_hook_hash bytea,
  known_hosts text not null default ''::text,
  archive_id text,
  serving boolean not null default false,
  stopped boolean not null default false,
  live_deployment_id text,
  last_number integer not null default 0,
  created_at timestamp with time zone not null default now(),
  constraint apps_project_id_name_id_key UNIQUE (project_id, name_id),
  constraint apps_pkey PRIMARY KEY (id),
  constraint apps_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES deploy.environments(id),
  constraint apps_project_id_fkey FOREIGN KEY (project_id) REFERENCES deploy.projects(id) ON DELETE CASCADE
);
CREATE INDEX apps_of_environment ON deploy.apps USING btree (environment_id);

create table deploy.chores (
  id text not null,
  kind text not null,
  app_id text not null,
  data jsonb not null,
  attempts integer not null default 0,
  due_at timestamp with time zone not null default now(),
  constraint chores_pkey PRIMARY KEY (id)
);
CREATE INDEX chores_due ON deploy.chores USING btree (due_at);

create table deploy.deployments (
  id text not null,
  app_id text not null,
  number integer not null,
  state text not null,
  reason text,
  reason_code text,
  trigger text not null,
  by_principal text not null,
  branch text,
  commit_id text,
  commit_message text,
  commit_author text,
  created_at timestamp with time zone not null default now(),
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  live_at timestamp with time zone,
  stages jsonb not null,
  detection jsonb,
  snapshot bytea,
  release_id text,
  generation text not null,
  rollback_of text,
  archive_id text,
  trace jsonb,
  last_lines jsonb,
  cancel_requested boolean not null default false,
  attempts integer not null default 0,
  lease_owner text,
  lease_until timestamp with time zone,
  constraint deployments_app_id_number_key UNIQUE (app_id, number),
  constraint deployments_pkey PRIMARY KEY (id),
  constraint deployments_app_id_fkey FOREIGN KEY (app_id) REFERENCES deploy.apps(id) ON DELETE CASCADE
);
CREATE INDEX deployments_newest ON deploy.deployments USING btree (app_id, number DESC);
CREATE INDEX deployments_open ON deploy.deployments USING btree (created_at) WHERE (state = ANY (ARRAY['queued'::text, 'cloning'::text, 'building'::text, 'pushing'::text, 'deploying'::text, 'verifying'::text]));
CREATE UNIQUE INDEX deployments_one_active ON deploy.deployments USING btree (app_id) WHERE (state = ANY (ARRAY['cloning'::text, 'building'::text, 'pushing'::text, 'deploying'::text, 'verifying'::text]));

create table deploy.domains (
  host text not null,
  app_id text not null,
  is_default boolean not null default false,
  verified boolean not null default false,
  proof text not null,
  created_at timestamp with time zone not null default now(),
  constraint domains_pkey PRIMARY KEY (host),
  constraint domains_app_id_fkey FOREIGN KEY (app_id) REFERENCES deploy.apps(id) ON DELETE CASCADE
);
CREATE INDEX domains_of_app ON deploy.domains USING btree (app_id);

create table deploy.edges (
  id text not null,
  url text not null,
  seen_at timestamp with time zone not null default now(),
  constraint edges_pkey PRIMARY KEY (id)
);

create table deploy.environments (
  id text not null,
  project_id text not null,
  name text not null,
  is_default boolean not null default false,
  created_at timestamp with time zone not null default now(),
  constraint environments_project_id_name_key UNIQUE (project_id, name),
  constraint environments_pkey PRIMARY KEY (id),
  constraint environments_project_id_fkey FOREIGN KEY (project_id) REFERENCES deploy.projects(id) ON DELETE CASCADE
);

create table deploy.hook_deliveries (
  app_id text not null,
  key text not null,
  at timestamp with time zone not null default now(),
  constraint hook_deliveries_pkey PRIMARY KEY (app_id, key),
  constraint hook_deliveries_app_id_fkey FOREIGN KEY (app_id) REFERENCES deploy.apps(id) ON DELETE CASCADE
);
CREATE INDEX hook_deliveries_old ON deploy.hook_deliveries USING btree (at);

create table deploy.log_lines (
  deployment_id text not null,
  "position" integer not null,
  at timestamp with time zone not null,
  stage text not null,
  stream text not null,
  text text not null,
  constraint log_lines_pkey PRIMARY KEY (deployment_id, "position"),
  constraint log_lines_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deploy.deployments(id) ON DELETE CASCADE
);

create table deploy.projects (
  id text not null,
  space_id text not null,
  name_id text not null,
  name text not null,
  created_at timestamp with time zone not null default now(),
  constraint projects_space_id_name_id_key UNIQUE (space_id, name_id),
  constraint projects_pkey PRIMARY KEY (id)
);

create table deploy.routes_revision (
  only_row boolean not null default true,
  revision bigint not null,
  constraint routes_revision_pkey PRIMARY KEY (only_row),
  constraint routes_revision_only_row_check CHECK (only_row)
);

create table deploy.variables (
  id text not null,
  owner_id text not null,
  name text not null,
  value text,
  sealed bytea,
  updated_at timestamp with time zone not null default now(),
  constraint variables_owner_id_name_key UNIQUE (owner_id, name),
  constraint variables_pkey PRIMARY KEY (id),
  constraint variables_check CHECK (((value IS NULL) <> (sealed IS NULL)))
);
