-- What was done about back-ups: made, proven, restored. Written by whoever does it, the house or the command.
create table backup.runs (
  id text primary key,
  kind text not null check (kind in ('backup', 'proof', 'restore')),
  state text not null check (state in ('running', 'done', 'failed')),
  name text not null,
  place text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  -- The moment that the back-up shows.
  taken_at timestamptz,
  bytes bigint,
  table_rows bigint,
  files bigint,
  reason text
);
create index runs_newest on backup.runs (started_at desc);
