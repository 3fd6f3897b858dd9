-- What the processes of a house counted together. Lost when PostgreSQL crashes, as what is counted in memory is.
create unlogged table limits.counts (
  name text not null,
  who text not null,
  points bigint not null,
  ends_at timestamptz not null,
  primary key (name, who)
);
create index counts_end on limits.counts (ends_at);
