-- The schema observe, written by steading generate from its migrations. Not run by anything.

create table observe.audit (
  "position" bigint not null,
  event_id text not null,
  at timestamp with time zone not null,
  action text not null,
  actor text not null,
  node text not null,
  target text not null,
  result text not null,
  through text,
  address text,
  user_agent text,
  request_id text not null,
  before jsonb,
  after jsonb,
  hash text not null,
  constraint audit_event_id_key UNIQUE (event_id),
  constraint audit_pkey PRIMARY KEY ("position"),
  constraint audit_result_check CHECK ((result = ANY (ARRAY['done'::text, 'refused'::text, 'failed'::text])))
);
CREATE INDEX audit_by_action ON observe.audit USING btree (action text_pattern_ops, "position" DESC);
CREATE INDEX audit_by_actor ON observe.audit USING btree (actor, "position" DESC);
CREATE INDEX audit_by_node ON observe.audit USING btree (node, "position" DESC);

create table observe.audit_chain (
  single boolean not null default true,
  last_position bigint not null default 0,
  last_hash text not null default repeat('0'::text, 64),
  anchor_position bigint not null default 0,
  anchor_hash text not null default repeat('0'::text, 64),
  constraint audit_chain_pkey PRIMARY KEY (single),
  constraint audit_chain_single_check CHECK (single)
);

CREATE OR REPLACE FUNCTION observe.prune_audit(before_time timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION observe.refuse_audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'DELETE' and current_setting('observe.pruning', true) = 'on' then
    return old;
  end if;
  raise exception 'the audit trail is append-only';
end $function$;

CREATE TRIGGER audit_is_append_only BEFORE DELETE OR UPDATE ON observe.audit FOR EACH ROW EXECUTE FUNCTION observe.refuse_audit_change();

CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON observe.audit FOR EACH STATEMENT EXECUTE FUNCTION observe.refuse_audit_change();
