-- The schema identity, written by steading generate from its migrations. Not run by anything.

create table identity.device_logins (
  device_hash bytea not null,
  user_code text not null,
  name text not null,
  address text,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  next_poll_at timestamp with time zone not null,
  approved_by text,
  constraint device_logins_user_code_key UNIQUE (user_code),
  constraint device_logins_pkey PRIMARY KEY (device_hash),
  constraint device_logins_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES identity.people(id)
);
CREATE INDEX device_logins_expiry ON identity.device_logins USING btree (expires_at);

create table identity.invitations (
  id text not null,
  email text not null,
  email_key text not null,
  token_hash bytea not null,
  to_what text not null,
  return_path text not null,
  invited_by text not null,
  proof text not null,
  state text not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  accepted_by text,
  constraint invitations_token_hash_key UNIQUE (token_hash),
  constraint invitations_pkey PRIMARY KEY (id),
  constraint invitations_accepted_by_fkey FOREIGN KEY (accepted_by) REFERENCES identity.people(id),
  constraint invitations_proof_check CHECK ((proof = ANY (ARRAY['mail'::text, 'operator'::text, 'inviter'::text]))),
  constraint invitations_state_check CHECK ((state = ANY (ARRAY['invited'::text, 'accepted'::text, 'withdrawn'::text])))
);
CREATE INDEX invitations_expiry ON identity.invitations USING btree (expires_at);
CREATE INDEX invitations_open ON identity.invitations USING btree (email_key) WHERE (state = 'invited'::text);

create table identity.oidc_flows (
  state_hash bytea not null,
  browser_hash bytea not null,
  provider text not null,
  code_verifier text not null,
  nonce text not null,
  return_path text not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint oidc_flows_pkey PRIMARY KEY (state_hash)
);
CREATE INDEX oidc_flows_expiry ON identity.oidc_flows USING btree (expires_at);

create table identity.password_resets (
  token_hash bytea not null,
  person_id text not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint password_resets_pkey PRIMARY KEY (token_hash),
  constraint password_resets_person_id_fkey FOREIGN KEY (person_id) REFERENCES identity.people(id)
);
CREATE INDEX password_resets_expiry ON identity.password_resets USING btree (expires_at);
CREATE INDEX password_resets_person ON identity.password_resets USING btree (person_id);

create table identity.people (
  id text not null,
  name text not null,
  email text not null,
  email_key text not null,
  email_proof text,
  password_hash text,
  state text not null,
  platform_grant_pending boolean not null default false,
  created_at timestamp with time zone not null,
  constraint people_email_key_key UNIQUE (email_key),
  constraint people_pkey PRIMARY KEY (id),
  constraint people_email_proof_check CHECK ((email_proof = ANY (ARRAY['mail'::text, 'provider'::text, 'operator'::text, 'inviter'::text]))),
  constraint people_state_check CHECK ((state = ANY (ARRAY['pending-verification'::text, 'active'::text, 'suspended'::text, 'deactivated'::text, 'deleted'::text])))
);
CREATE INDEX people_name ON identity.people USING btree (lower(name), id);
CREATE INDEX people_pending ON identity.people USING btree (id) WHERE platform_grant_pending;

create table identity.provider_accounts (
  provider text not null,
  subject text not null,
  person_id text not null,
  email text not null,
  linked_at timestamp with time zone not null,
  constraint provider_accounts_pkey PRIMARY KEY (provider, subject),
  constraint provider_accounts_person_id_fkey FOREIGN KEY (person_id) REFERENCES identity.people(id)
);
CREATE INDEX provider_accounts_person ON identity.provider_accounts USING btree (person_id);

create table identity.sessions (
  id text not null,
  token_hash bytea not null,
  person_id text not null,
  device text not null,
  user_agent text not null,
  address text,
  created_at timestamp with time zone not null,
  last_seen_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint sessions_token_hash_key UNIQUE (token_hash),
  constraint sessions_pkey PRIMARY KEY (id),
  constraint sessions_person_id_fkey FOREIGN KEY (person_id) REFERENCES identity.people(id)
);
CREATE INDEX sessions_expiry ON identity.sessions USING btree (expires_at);
CREATE INDEX sessions_person ON identity.sessions USING btree (person_id, created_at);

create table identity.setup (
  one boolean not null default true,
  token_hash bytea not null,
  expires_at timestamp with time zone not null,
  claimed_at timestamp with time zone,
  claimed_by text,
  constraint setup_pkey PRIMARY KEY (one),
  constraint setup_one_check CHECK (one)
);

create table identity.sign_in_failures (
  subject bytea not null,
  failures integer not null,
  next_at timestamp with time zone not null,
  forget_at timestamp with time zone not null,
  constraint sign_in_failures_pkey PRIMARY KEY (subject)
);
CREATE INDEX sign_in_failures_forget ON identity.sign_in_failures USING btree (forget_at);

create table identity.tokens (
  id text not null,
  prefix text not null,
  person_id text not null,
  name text not null,
  secret_mac bytea not null,
  scopes text[] not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  last_used_address text,
  constraint tokens_prefix_key UNIQUE (prefix),
  constraint tokens_pkey PRIMARY KEY (id),
  constraint tokens_person_id_fkey FOREIGN KEY (person_id) REFERENCES identity.people(id)
);
CREATE INDEX tokens_expiry ON identity.tokens USING btree (expires_at);
CREATE INDEX tokens_person ON identity.tokens USING btree (person_id, created_at);
