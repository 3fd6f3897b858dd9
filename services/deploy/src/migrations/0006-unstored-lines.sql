-- How many lines of its log could not be stored, as known when the work on it was over: the log's own disk may be full.
alter table deploy.deployments add column unstored_lines integer not null default 0;
