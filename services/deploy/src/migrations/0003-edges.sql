-- The gateways that say that they are up, and where a deployment can be probed through each.
create table deploy.edges (
  id text primary key,
  url text not null,
  seen_at timestamptz not null default now()
);
