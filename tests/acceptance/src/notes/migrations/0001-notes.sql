create table notes.notes (
  id text primary key,
  text text not null,
  written_by text not null
);
