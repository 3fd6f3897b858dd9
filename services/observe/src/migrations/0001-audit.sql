-- The audit trail: every entry holds the hash of the one before it. Rows are only ever added; the oldest ones leave
-- through `observe.prune_audit`, which keeps the last removed hash as the anchor from which verifying begins.
create table observe.audit (
  position bigint primary key,
  event_id text not null unique,
  at timestamptz not null,
  action text not null,
  actor text not null,
  node text not null,
  target text not null,
  result text not null check (result in ('done', 'refused', 'failed')),
  through text,
  address text,
  user_agent text,
  request_id text not null,
  before jsonb,
  after jsonb,
  hash text not null
);
create index audit_by_node on observe.audit (node, position desc);
create index audit_by_actor on observe.audit (actor, position desc);
create index audit_by_action on observe.audit (action text_pattern_ops, position desc);

-- One row: the end of the chain, locked by whoever adds to it, and the anchor before its beginning.
create table observe.audit_chain (
  single boolean primary key default true check (single),
  last_position bigint not null default 0,
  last_hash text not null default repeat('0', 64),
  anchor_position bigint not null default 0,
  anchor_hash text not null default repeat('0', 64)
);
insert into observe.audit_chain default values;

create function observe.refuse_audit_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('observe.pruning', true) = 'on' then
    return old;
  end if;
  raise exception 'the audit trail is append-only';
end $$;
create trigger audit_is_append_only before update or delete on observe.audit
  for each row execute function observe.refuse_audit_change();
create trigger audit_is_not_truncated before truncate on observe.audit
  for each statement execute function observe.refuse_audit_change();

-- Removes entries older than a time, oldest first, and moves the anchor; the chain stays verifiable.
create function observe.prune_audit(before_time timestamptz) returns bigint language plpgsql as $$
declare
  last record;
  removed bigint;
begin
  perform 1 from observe.audit_chain for update;
  select position, hash into last from observe.audit
    where position < coalesce((select min(position) from observe.audit where at >= before_time), 9223372036854775807)
    order by position desc limit 1;
  if not found then
    return 0;
  end if;
  update observe.audit_chain set anchor_position = last.position, anchor_hash = last.hash;
  perform set_config('observe.pruning', 'on', true);
  delete from observe.audit where position <= last.position;
  get diagnostics removed = row_count;
  perform set_config('observe.pruning', 'off', true);
  return removed;
end $$;
