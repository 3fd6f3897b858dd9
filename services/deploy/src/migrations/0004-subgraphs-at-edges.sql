-- Which SDL of an app each gateway has in its endpoint: what one has and another has not is not there yet.
create table deploy.app_subgraph_edges (
  app_id text not null references deploy.app_subgraphs (app_id) on delete cascade,
  edge_id text not null,
  revision bigint not null,
  seen_at timestamptz not null default now(),
  primary key (app_id, edge_id)
);
