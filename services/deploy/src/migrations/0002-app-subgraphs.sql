-- What an app offers to the house's GraphQL endpoint, whether an operator allows it, and how it was taken.
create table deploy.app_subgraphs (
  app_id text primary key references deploy.apps (id) on delete cascade,
  -- With which everything that it adds begins.
  name text not null,
  path text not null,
  consent text not null default 'offered' check (consent in ('offered', 'allowed', 'denied')),
  consent_reason text,
  -- The newest SDL that keeps the house's rules, and its number.
  sdl text,
  sdl_revision bigint,
  -- What it adds that others see.
  adds text[] not null default '{}',
  -- The newest one that a gateway took in: what is served where the one above does not fit.
  served_sdl text,
  served_revision bigint,
  -- Why what the app said last was not taken; why it does not fit into the endpoint.
  read_problem text,
  fit_problem text,
  -- When the app is to be asked for its SDL, for which request (a later one makes the answer to an earlier one void),
  -- and how often it was tried.
  read_due_at timestamptz,
  read_request bigint not null default 0,
  read_attempts integer not null default 0,
  read_at timestamptz,
  offered_at timestamptz not null default now()
);
create unique index app_subgraphs_names on deploy.app_subgraphs (lower(name));
create index app_subgraphs_due on deploy.app_subgraphs (read_due_at) where read_due_at is not null;
-- Numbers of SDLs and of requests for them: never the same twice, whatever was withdrawn and offered again.
create sequence deploy.app_subgraph_numbers;
