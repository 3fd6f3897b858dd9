create table spaces.spaces (
  id text primary key,
  name_id text not null unique,
  name text not null,
  tagline text not null,
  tags text[] not null,
  parent_id text references spaces.spaces (id),
  level integer not null check (level between 1 and 3),
  privacy text not null check (privacy in ('public', 'private')),
  visibility text not null check (visibility in ('active', 'archived', 'demo', 'inactive')),
  membership text not null check (membership in ('open', 'applications', 'invitations')),
  created_by text not null,
  created_at timestamptz not null
);
create index spaces_parent on spaces.spaces (parent_id);
create index spaces_public on spaces.spaces (id) where level = 1 and privacy = 'public';

create table spaces.members (
  space_id text not null references spaces.spaces (id) on delete cascade,
  person_id text not null,
  role text not null check (role in ('owner', 'admin', 'lead', 'developer', 'member', 'guest')),
  since timestamptz not null,
  primary key (space_id, person_id)
);
create index members_person on spaces.members (person_id);

create table spaces.invitations (
  id text primary key,
  space_id text not null references spaces.spaces (id) on delete cascade,
  email text not null,
  email_key text not null,
  -- Null: nobody with this address is registered yet.
  person_id text,
  role text not null check (role in ('owner', 'admin', 'lead', 'developer', 'member', 'guest')),
  state text not null check (state in ('invited', 'accepted', 'rejected', 'withdrawn')),
  invited_by text not null,
  created_at timestamptz not null,
  answered_at timestamptz
);
create unique index invitations_open on spaces.invitations (space_id, email_key) where state = 'invited';
create index invitations_space on spaces.invitations (space_id, created_at);
create index invitations_person on spaces.invitations (person_id) where state = 'invited';
create index invitations_email on spaces.invitations (email_key) where state = 'invited';

-- What the forest has not been told yet, written in the transaction of the change: a space (person_id is empty), or one
-- person's part in it. The rows say only what to look at; what is told is what the tables above say by then.
create table spaces.untold (
  space_id text not null,
  person_id text not null,
  change bigint generated always as identity,
  primary key (space_id, person_id)
);
