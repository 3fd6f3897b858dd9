import { statement } from '@steading/db';

export const addNote = statement<[id: string, text: string, writtenBy: string]>(
  'notes.add',
  'insert into notes.notes (id, text, written_by) values ($1, $2, $3)',
);
export const notesOf = statement<[writtenBy: string], { id: string; text: string }>(
  'notes.of',
  'select id, text from notes.notes where written_by = $1 order by id',
);
