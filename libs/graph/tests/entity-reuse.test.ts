import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { by, start } from './audit/audit-graph.ts';

type Key = { readonly id: string };

/** Notes have an author and, in a service of their own, replies with authors; a third knows what people are called. */
const failing = new Set<string>();
let renames = 0;
const rename = () => {
  renames++;
  return { id: '1' };
};
const parts = {
  notes: {
    sdl: 'type Query { notes: [Note!]! } type Mutation { rename: Note } type Note @key(fields: "id") { id: ID! author: Person } type Person @key(fields: "id") { id: ID! }',
    resolvers: {
      Query: { notes: () => ['1', '2'].map((id) => ({ id })) },
      Mutation: { rename },
      Note: { author: by(({ id }: Key) => ({ id })) },
    },
  },
  replies: {
    sdl: 'type Mutation { renameToo: Reply } type Note @key(fields: "id") { id: ID! replies: [Reply!]! } type Reply { by: Person self: Person about: Note } type Person @key(fields: "id") { id: ID! }',
    resolvers: {
      Mutation: { renameToo: () => ({ by: rename() }) },
      Note: {
        replies: by(({ id }: Key) => [
          { by: { id }, self: { id }, about: { id } },
          { by: { id: '3' } },
          { by: { id: '9' } },
        ]),
      },
    },
  },
  people: {
    sdl: 'type Person @key(fields: "id") { id: ID! name: String }',
    resolvers: {
      Person: {
        __resolveReference: by(({ id }: Key) => (id === '9' ? null : { id })),
        name: by(({ id }: Key) => {
          if (failing.has(id)) throw new Error(`${id} failed`);
          return `p${id}.${renames}`;
        }),
      },
    },
  },
};

async function ask(query: string) {
  const graph = await start(parts);
  if ('problem' in graph) throw new Error(graph.problem);
  const { data, errors } = await graph.ask({ document: parse(query) });
  const people = graph.calls
    .filter(({ service }) => service === 'people')
    .map(({ variables }) => Object.values(variables).flatMap((keys) => (keys as Key[]).map(({ id }) => id)));
  return { data: JSON.parse(data!), errors: errors.map(({ path }) => path?.join('.')).sort(), people };
}

const query = '{ notes { author { name } replies { by { name } } } }';
const row = (id: string) => ({
  author: { name: `p${id}.0` },
  replies: [{ by: { name: `p${id}.0` } }, { by: { name: 'p3.0' } }, { by: { name: null } }],
});

describe('an entity that stands in several places of a query', () => {
  it('is asked for once, whatever step of the plan needs it', async () => {
    const { data, errors, people } = await ask(query);
    expect(data).toEqual({ notes: [row('1'), row('2')] });
    expect(errors).toEqual([]);
    expect(people).toEqual([
      ['1', '2'],
      ['3', '9'],
    ]);
  });

  it('is known to later steps too where one had nothing to ask', async () => {
    const { data, people } = await ask(
      '{ notes { author { name } replies { self { name } about { author { name } } } } }',
    );
    expect(data.notes[1].replies[0]).toEqual({ self: { name: 'p2.0' }, about: { author: { name: 'p2.0' } } });
    expect(people).toEqual([['1', '2']]);
  });

  it('is asked for again where it could not be had, and every place has its error', async () => {
    failing.add('2').add('3');
    const { data, errors, people } = await ask(query);
    failing.clear();
    expect(data.notes[1]).toMatchObject({ author: { name: null }, replies: [{ by: { name: null } }, {}, {}] });
    expect(errors).toEqual([
      'notes.0.replies.1.by.name',
      'notes.1.author.name',
      'notes.1.replies.0.by.name',
      'notes.1.replies.1.by.name',
    ]);
    expect(people).toEqual([
      ['1', '2'],
      ['1', '3', '9', '2'],
    ]);
  });

  it('has the errors of those alone that were asked for', async () => {
    failing.add('3');
    const { errors } = await ask(query);
    failing.clear();
    expect(errors).toEqual(['notes.0.replies.1.by.name', 'notes.1.replies.1.by.name']);
  });

  it('is asked for anew by each field of a mutation', async () => {
    renames = 0;
    const { data } = await ask('mutation { a: rename { author { name } } b: renameToo { by { name } } }');
    renames = 0;
    expect(data.b).toEqual({ by: { name: 'p1.2' } });
  });
});
