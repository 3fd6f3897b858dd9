-- Since when a service that this state needs does not answer; null: nothing is waited for.
alter table deploy.deployments add column waits_since timestamptz;
