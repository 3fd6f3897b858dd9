-- Every event of every service that shares this database, in the transaction of what it tells.
-- Readers page by (xid, position) and stop at the oldest transaction that is still running: a serial number alone
-- would skip events of transactions that commit late.
create table bus.ledger (
  position bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  id text not null unique,
  source text not null,
  type text not null,
  version integer not null,
  key text not null,
  time timestamptz not null default now(),
  request_id text not null,
  actor text not null,
  data jsonb not null
);
create index ledger_order on bus.ledger (xid, position);

-- How far each durable listener has come. Updated in the transaction of its effects, which is what makes them happen once.
create table bus.consumers (
  name text primary key,
  xid xid8 not null,
  position bigint not null,
  moved_at timestamptz not null default now()
);

-- Events that a listener could not take in yet, with everything of the same key behind them; and dead letters.
create table bus.parked (
  id bigint generated always as identity primary key,
  consumer text not null,
  event_position bigint not null,
  event_id text not null,
  key text not null,
  event jsonb not null,
  attempts integer not null default 0,
  next_at timestamptz not null default now(),
  error text not null default '',
  dead boolean not null default false,
  parked_at timestamptz not null default now(),
  unique (consumer, event_id)
);
create index parked_order on bus.parked (consumer, key, event_position) where not dead;
create index parked_due on bus.parked (consumer, next_at) where not dead;

-- How far the relay has published to NATS.
create table bus.relays (
  name text primary key,
  xid xid8 not null,
  position bigint not null
);
