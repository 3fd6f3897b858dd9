create table deploy.projects (
  id text primary key,
  space_id text not null,
  name_id text not null,
  name text not null,
  created_at timestamptz not null default now(),
  unique (space_id, name_id)
);

create table deploy.environments (
  id text primary key,
  project_id text not null references deploy.projects (id) on delete cascade,
  name text not null,
  is_default boolean not null default false,
  created_at timestamptz not null default now(),
  unique (project_id, name)
);

create table deploy.apps (
  id text primary key,
  project_id text not null references deploy.projects (id) on delete cascade,
  environment_id text not null references deploy.environments (id),
  name_id text not null,
  name text not null,
  source jsonb not null,
  build jsonb not null,
  runtime jsonb not null,
  -- Sealed: a token for the Git server, the private half of the deploy key, the webhook's secret.
  source_token bytea,
  deploy_key_private bytea,
  deploy_key_public text,
  webhook_secret bytea,
  -- SHA-256 of the deploy hook's token.
  deploy_hook_hash bytea,
  -- Host keys seen at the first connection (trust on first use).
  known_hosts text not null default '',
  -- The newest uploaded archive, by the name of its file.
  archive_id text,
  -- Whether the edge may send requests: from the first verification on, until it is stopped.
  serving boolean not null default false,
  stopped boolean not null default false,
  live_deployment_id text,
  last_number integer not null default 0,
  created_at timestamptz not null default now(),
  unique (project_id, name_id)
);
create index apps_of_environment on deploy.apps (environment_id);

create table deploy.domains (
  host text primary key,
  app_id text not null references deploy.apps (id) on delete cascade,
  is_default boolean not null default false,
  verified boolean not null default false,
  proof text not null,
  created_at timestamptz not null default now()
);
create index domains_of_app on deploy.domains (app_id);

-- One row for each project, environment or app that owns variables; they go with their owner by the code that removes it.
create table deploy.variables (
  id text primary key,
  owner_id text not null,
  name text not null,
  value text,
  sealed bytea,
  updated_at timestamptz not null default now(),
  unique (owner_id, name),
  check ((value is null) <> (sealed is null))
);

create table deploy.deployments (
  id text primary key,
  app_id text not null references deploy.apps (id) on delete cascade,
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
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  live_at timestamptz,
  stages jsonb not null,
  detection jsonb,
  -- What runs and how, variables included: sealed. Made when the deployment starts, so that a rollback has all of it.
  snapshot bytea,
  release_id text,
  -- The name under which compute knows what runs; a start after a stop has a new one.
  generation text not null,
  rollback_of text,
  archive_id text,
  trace jsonb,
  last_lines jsonb,
  cancel_requested boolean not null default false,
  attempts integer not null default 0,
  lease_owner text,
  lease_until timestamptz,
  unique (app_id, number)
);
create index deployments_newest on deploy.deployments (app_id, number desc);
create index deployments_open on deploy.deployments (created_at)
  where state in ('queued', 'cloning', 'building', 'pushing', 'deploying', 'verifying');
-- One at a time for each app, whatever any process believes.
create unique index deployments_one_active on deploy.deployments (app_id)
  where state in ('cloning', 'building', 'pushing', 'deploying', 'verifying');

create table deploy.log_lines (
  deployment_id text not null references deploy.deployments (id) on delete cascade,
  position integer not null,
  at timestamptz not null,
  stage text not null,
  stream text not null,
  text text not null,
  primary key (deployment_id, position)
);

-- What was heard already from a Git server: the delivery's id, and the digest of its body.
create table deploy.hook_deliveries (
  app_id text not null references deploy.apps (id) on delete cascade,
  key text not null,
  at timestamptz not null default now(),
  primary key (app_id, key)
);
create index hook_deliveries_old on deploy.hook_deliveries (at);

-- What must still be asked of compute after a commit; tried until it is done.
create table deploy.chores (
  id text primary key,
  kind text not null,
  app_id text not null,
  data jsonb not null,
  attempts integer not null default 0,
  due_at timestamptz not null default now()
);
create index chores_due on deploy.chores (due_at);

create table deploy.routes_revision (
  only_row boolean primary key default true check (only_row),
  revision bigint not null
);
insert into deploy.routes_revision (revision) values (1);
