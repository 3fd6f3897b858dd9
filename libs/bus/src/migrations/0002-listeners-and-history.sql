-- Which events a listener hears, so that every process can say how far each is behind; and when a process last had it, so
-- that only those are forgotten that no process has had for long.
alter table bus.consumers
  add column types text[] not null default '{}',
  add column had_at timestamptz not null default now();

-- What waits for one key is taken in the order in which its listener came to it, which is the ledger's. Only the first has a
-- time at which it is tried; those behind it have none until it is gone, so that nobody searches through them.
create index parked_queue on bus.parked (consumer, key, id) where not dead;
update bus.parked p set next_at = 'infinity' where not dead and exists (
  select 1 from bus.parked e where e.consumer = p.consumer and e.key = p.key and not e.dead and e.id < p.id);

-- One row. The id changes when the ledger's places do (after a restore): places that were kept outside mean nothing then.
-- Up to `pruned` events may be missing: who has not come that far has missed some.
create table bus.history (
  only_row boolean primary key default true check (only_row),
  id uuid not null default gen_random_uuid(),
  pruned_xid xid8 not null default '0',
  pruned_position bigint not null default 0
);
insert into bus.history default values;
