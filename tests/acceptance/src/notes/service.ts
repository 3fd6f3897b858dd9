import { defineEvent, listen } from '@steading/bus';
import { createSubgraphBuilder, finish, signedIn } from '@steading/graph';
import { newId } from '@steading/kit';
import { defineService, type ServiceContext } from '@steading/service';
import { z } from 'zod';
import { addNote, notesOf } from '#src/notes/notes-db.ts';

export const NoteWritten = defineEvent('notes.note.written', 1, z.object({ noteId: z.string() }));

/** A service as CONTRIBUTING.md tells to make one: a folder, and one line where a house is put together. */
export const notesService = defineService({
  name: 'notes',
  purpose: 'Keeps notes.',
  migrations: new URL('./migrations/', import.meta.url),
  http: ['/api/notes'],
  graph: true,
  create: (context) => ({
    graph: notesGraph(context),
    listeners: [
      listen(
        'notes.on-written',
        NoteWritten,
        async ({ data }, tx) => void (await tx.run(addNote, `${data.noteId}-heard`, 'heard', 'listener')),
      ),
    ],
    http: [
      {
        method: 'GET',
        path: '/api/notes/heard',
        access: { signedIn: true },
        handle: async () => Response.json(await context.db.all(notesOf, 'listener')),
      },
    ],
  }),
});

function notesGraph({ db, bus, access, log }: ServiceContext) {
  const builder = createSubgraphBuilder({ service: 'notes', log, access });
  const Note = builder.objectRef<{ id: string; text: string }>('Note').implement({
    fields: (t) => ({ id: t.exposeID('id'), text: t.exposeString('text') }),
  });
  builder.queryField('myNotes', (t) =>
    t.field({ type: [Note], access: signedIn(), resolve: (_, __, { caller }) => db.all(notesOf, caller.principal) }),
  );
  builder.mutationField('writeNote', (t) =>
    t.field({
      type: Note,
      args: { text: t.arg.string({ required: true }) },
      access: signedIn(),
      async resolve(_, { text }, { caller }) {
        const id = newId('note');
        await db.write(async (tx) => {
          await tx.run(addNote, id, text, caller.principal);
          await bus.emit(tx, NoteWritten, { key: id, caller, data: { noteId: id } });
        });
        return { id, text };
      },
    }),
  );
  return finish(builder);
}
