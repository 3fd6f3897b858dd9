-- The forest is what its operations make of it: `log` has every change in order, `checkpoint` what the log made up to a
-- revision, so that a start reads little. Replicas in memory answer every question; these tables answer none.
create table forest.head (
  single boolean primary key default true check (single),
  revision bigint not null default 0
);
insert into forest.head default values;

create table forest.log (
  revision bigint primary key,
  at timestamptz not null default now(),
  actor text not null,
  request_id text not null,
  -- Operations as the contract's JSON.
  operations jsonb not null
);

create table forest.checkpoint (
  revision bigint not null,
  chunk integer not null,
  operations jsonb not null,
  primary key (revision, chunk)
);

-- When each node was planted: those that their owner never came to know are found by it.
create table forest.planted (
  node text primary key,
  kind text not null,
  planted_at timestamptz not null default now()
);
create index planted_by_time on forest.planted (planted_at);

-- The house's root, and what being signed in allows there. Not known to any service, so never removed.
insert into forest.log (revision, actor, request_id, operations) values (1, 'service:forest', 'req_first', '[
  {"plant": {"id": "platform", "kind": "platform", "name": "This house"}},
  {"grant": {"node": "platform", "principal": "signed-in", "role": "member", "hereOnly": true}}
]');
update forest.head set revision = 1;
