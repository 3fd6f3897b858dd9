create table identity.people (
  id text primary key,
  name text not null,
  email text not null,
  -- The address in lower case: what it is looked up and unique by.
  email_key text not null unique,
  -- Who vouches that the address is theirs: a mail that reached it, an OpenID provider, an operator, whoever invited
  -- them (where the house sends no mail). Null: nobody.
  email_proof text check (email_proof in ('mail', 'provider', 'operator', 'inviter')),
  -- Null: signs in by a provider only.
  password_hash text,
  state text not null check (state in ('pending-verification', 'active', 'suspended', 'deactivated', 'deleted')),
  -- True from the claim of the set-up link until the forest has made them the platform's owner.
  platform_grant_pending boolean not null default false,
  created_at timestamptz not null
);
create index people_name on identity.people (lower(name), id);
create index people_pending on identity.people (id) where platform_grant_pending;

create table identity.setup (
  one boolean primary key default true check (one),
  token_hash bytea not null,
  expires_at timestamptz not null,
  claimed_at timestamptz,
  claimed_by text
);

create table identity.sessions (
  id text primary key,
  token_hash bytea not null unique,
  person_id text not null references identity.people (id),
  device text not null,
  user_agent text not null,
  address text,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null
);
create index sessions_person on identity.sessions (person_id, created_at);
create index sessions_expiry on identity.sessions (expires_at);

create table identity.tokens (
  id text primary key,
  prefix text not null unique,
  person_id text not null references identity.people (id),
  name text not null,
  -- HMAC under a key outside the database, of the SHA-256 of the secret.
  secret_mac bytea not null,
  -- Empty: as much as the person may.
  scopes text[] not null,
  created_at timestamptz not null,
  -- Null: never.
  expires_at timestamptz,
  last_used_at timestamptz,
  last_used_address text
);
create index tokens_person on identity.tokens (person_id, created_at);
create index tokens_expiry on identity.tokens (expires_at);

create table identity.invitations (
  id text primary key,
  email text not null,
  email_key text not null,
  token_hash bytea not null unique,
  to_what text not null,
  return_path text not null,
  invited_by text not null,
  proof text not null check (proof in ('mail', 'operator', 'inviter')),
  state text not null check (state in ('invited', 'accepted', 'withdrawn')),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_by text references identity.people (id)
);
create index invitations_open on identity.invitations (email_key) where state = 'invited';
create index invitations_expiry on identity.invitations (expires_at);

create table identity.password_resets (
  token_hash bytea primary key,
  person_id text not null references identity.people (id),
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index password_resets_expiry on identity.password_resets (expires_at);
create index password_resets_person on identity.password_resets (person_id);

-- By SHA-256 of the address that was typed, whether or not there is such an account.
create table identity.sign_in_failures (
  subject bytea primary key,
  failures integer not null,
  next_at timestamptz not null,
  forget_at timestamptz not null
);
create index sign_in_failures_forget on identity.sign_in_failures (forget_at);

create table identity.device_logins (
  device_hash bytea primary key,
  user_code text not null unique,
  name text not null,
  address text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  next_poll_at timestamptz not null,
  approved_by text references identity.people (id)
);
create index device_logins_expiry on identity.device_logins (expires_at);

create table identity.oidc_flows (
  state_hash bytea primary key,
  -- The browser that began: SHA-256 of its short-lived cookie.
  browser_hash bytea not null,
  provider text not null,
  code_verifier text not null,
  nonce text not null,
  return_path text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index oidc_flows_expiry on identity.oidc_flows (expires_at);

create table identity.provider_accounts (
  provider text not null,
  subject text not null,
  person_id text not null references identity.people (id),
  email text not null,
  linked_at timestamptz not null,
  primary key (provider, subject)
);
create index provider_accounts_person on identity.provider_accounts (person_id);
