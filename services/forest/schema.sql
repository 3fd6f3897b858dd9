-- The schema forest, written by steading generate from its migrations. Not run by anything.

create table forest.checkpoint (
  revision bigint not null,
  chunk integer not null,
  operations jsonb not null,
  constraint checkpoint_pkey PRIMARY KEY (revision, chunk)
);

create table forest.head (
  single boolean not null default true,
  revision bigint not null default 0,
  constraint head_pkey PRIMARY KEY (single),
  constraint head_single_check CHECK (single)
);

create table forest.log (
  revision bigint not null,
  at timestamp with time zone not null default now(),
  actor text not null,
  request_id text not null,
  operations jsonb not null,
  constraint log_pkey PRIMARY KEY (revision)
);

create table forest.planted (
  node text not null,
  kind text not null,
  planted_at timestamp with time zone not null default now(),
  constraint planted_pkey PRIMARY KEY (node)
);
CREATE INDEX planted_by_time ON forest.planted USING btree (planted_at);
