-- What should run for each app. `sealed` holds the specification with its variables, encrypted by a key that is not in
-- the database.
create table compute.generations (
  app_id text not null,
  generation text not null,
  sealed bytea not null,
  state text not null check (state in ('rolling', 'current', 'replaced', 'failed')),
  reason text not null default '',
  made_at timestamptz not null default now(),
  primary key (app_id, generation)
);

create unique index generations_one_current on compute.generations (app_id) where state = 'current';

-- The number of the last list of instances that was told for an app.
create table compute.revisions (
  app_id text primary key,
  revision bigint not null
);
