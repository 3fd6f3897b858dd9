-- The schema compute, written by steading generate from its migrations. Not run by anything.

create table compute.generations (
  app_id text not null,
  generation text not null,
  sealed bytea not null,
  state text not null,
  reason text not null default ''::text,
  made_at timestamp with time zone not null default now(),
  constraint generations_pkey PRIMARY KEY (app_id, generation),
  constraint generations_state_check CHECK ((state = ANY (ARRAY['rolling'::text, 'current'::text, 'replaced'::text, 'failed'::text])))
);
CREATE UNIQUE INDEX generations_one_current ON compute.generations USING btree (app_id) WHERE (state = 'current'::text);

create table compute.revisions (
  app_id text not null,
  revision bigint not null,
  constraint revisions_pkey PRIMARY KEY (app_id)
);
