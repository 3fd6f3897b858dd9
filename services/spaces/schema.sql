-- The schema spaces, written by steading generate from its migrations. Not run by anything.

create table spaces.invitations (
  id text not null,
  space_id text not null,
  email text not null,
  email_key text not null,
  person_id text,
  role text not null,
  state text not null,
  invited_by text not null,
  created_at timestamp with time zone not null,
  answered_at timestamp with time zone,
  constraint invitations_pkey PRIMARY KEY (id),
  constraint invitations_space_id_fkey FOREIGN KEY (space_id) REFERENCES spaces.spaces(id) ON DELETE CASCADE,
  constraint invitations_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'lead'::text, 'developer'::text, 'member'::text, 'guest'::text]))),
  constraint invitations_state_check CHECK ((state = ANY (ARRAY['invited'::text, 'accepted'::text, 'rejected'::text, 'withdrawn'::text])))
);
CREATE INDEX invitations_email ON spaces.invitations USING btree (email_key) WHERE (state = 'invited'::text);
CREATE INDEX invitations_person ON spaces.invitations USING btree (person_id) WHERE (state = 'invited'::text);
CREATE INDEX invitations_space ON spaces.invitations USING btree (space_id, created_at);
CREATE UNIQUE INDEX invitations_open ON spaces.invitations USING btree (space_id, email_key) WHERE (state = 'invited'::text);

create table spaces.members (
  space_id text not null,
  person_id text not null,
  role text not null,
  since timestamp with time zone not null,
  constraint members_pkey PRIMARY KEY (space_id, person_id),
  constraint members_space_id_fkey FOREIGN KEY (space_id) REFERENCES spaces.spaces(id) ON DELETE CASCADE,
  constraint members_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'lead'::text, 'developer'::text, 'member'::text, 'guest'::text])))
);
CREATE INDEX members_person ON spaces.members USING btree (person_id);

create table spaces.spaces (
  id text not null,
  name_id text not null,
  name text not null,
  tagline text not null,
  tags text[] not null,
  parent_id text,
  level integer not null,
  privacy text not null,
  visibility text not null,
  membership text not null,
  created_by text not null,
  created_at timestamp with time zone not null,
  constraint spaces_name_id_key UNIQUE (name_id),
  constraint spaces_pkey PRIMARY KEY (id),
  constraint spaces_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES spaces.spaces(id),
  constraint spaces_level_check CHECK (((level >= 1) AND (level <= 3))),
  constraint spaces_membership_check CHECK ((membership = ANY (ARRAY['open'::text, 'applications'::text, 'invitations'::text]))),
  constraint spaces_privacy_check CHECK ((privacy = ANY (ARRAY['public'::text, 'private'::text]))),
  constraint spaces_visibility_check CHECK ((visibility = ANY (ARRAY['active'::text, 'archived'::text, 'demo'::text, 'inactive'::text])))
);
CREATE INDEX spaces_parent ON spaces.spaces USING btree (parent_id);
CREATE INDEX spaces_public ON spaces.spaces USING btree (id) WHERE ((level = 1) AND (privacy = 'public'::text));

create table spaces.untold (
  space_id text not null,
  person_id text not null,
  change bigint generated always as identity not null,
  constraint untold_pkey PRIMARY KEY (space_id, person_id)
);
