import { audit, by } from './audit-graph.ts';

const typeName = { __resolveType: by(({ __typename }: { __typename: string }) => __typename) };
const things = [
  { __typename: 'Tree', id: 't1' },
  { __typename: 'Stone', id: 's1' },
  { __typename: 'Tree', id: 't2' },
];

audit(
  'interfaces whose things other subgraphs know more of',
  {
    finds: {
      sdl: `type Query { finds: [Find!]! node(id: ID!): Find nested: [[Find]!] }
        interface Find { id: ID! }
        type Tree implements Find @key(fields: "id") { id: ID! }
        type Stone implements Find @key(fields: "id") { id: ID! weight: Int }`,
      resolvers: {
        Query: {
          finds: () => things,
          node: by((_: unknown, { id }: { id: string }) => things.find((thing) => thing.id === id) ?? null),
          nested: () => [[things[0], null], [], [things[1]]],
        },
        Find: typeName,
        Stone: { weight: () => 7 },
      },
    },
    trees: {
      sdl: `interface Tall { height(unit: String): String }
        type Tree implements Tall @key(fields: "id") { id: ID! height(unit: String): String label: String! twin: Tree }`,
      resolvers: {
        Tree: {
          height: by(({ id }: { id: string }, { unit }: { unit?: string }) => `${id} ${unit ?? 'm'}`),
          label: by(({ id }: { id: string }) => `tree ${id}`),
          twin: by(({ id }: { id: string }) => (id === 't1' ? { id: 't2' } : null)),
        },
        Tall: typeName,
      },
    },
    stones: {
      sdl: 'type Stone @key(fields: "id") { id: ID! label: String }',
      resolvers: { Stone: { label: by(({ id }: { id: string }) => `stone ${id}`) } },
    },
  },
  [
    { query: '{ finds { id __typename } }', data: { finds: things }, asked: ['finds'] },
    {
      query: '{ finds { ... on Tall { height } ... on Stone { weight } } }',
      data: { finds: [{ height: 't1 m' }, { weight: 7 }, { height: 't2 m' }] },
    },
    {
      query: '{ finds { ... on Tree { name: label } ... on Stone { text: label } } }',
      data: { finds: [{ name: 'tree t1' }, { text: 'stone s1' }, { name: 'tree t2' }] },
      asked: ['finds', 'trees', 'stones'],
    },
    {
      query: '{ nested { id ... on Tree { label twin { label twin { id } } } } }',
      data: {
        nested: [[{ id: 't1', label: 'tree t1', twin: { label: 'tree t2', twin: null } }, null], [], [{ id: 's1' }]],
      },
    },
    {
      query:
        '{ a: node(id: "t1") { ...F } b: node(id: "s1") { ...F } c: node(id: "no") { ...F } } fragment F on Find { ... on Tree { height(unit: "ft") } kind: __typename }',
      data: { a: { height: 't1 ft', kind: 'Tree' }, b: { kind: 'Stone' }, c: null },
    },
    {
      query: '{ node(id: "t1") { ... on Find { ... on Tree { id: label } } } }',
      data: { node: { id: 'tree t1' } },
    },
    {
      query:
        '{ a: node(id: "t1") { ... on Tree { x: height(unit: "ft") } ... on Stone { x: label } } b: node(id: "s1") { ... on Tree { x: height(unit: "ft") } ... on Stone { x: label } } }',
      data: { a: { x: 't1 ft' }, b: { x: 'stone s1' } },
    },
  ],
);

audit(
  'unions with other members in each subgraph',
  {
    a: {
      sdl: `type Query { media: Media list: [Media!]! } union Media = Book | Song
        type Book @key(fields: "id") { id: ID! } type Song @key(fields: "id") { id: ID! song: Int }`,
      resolvers: {
        Query: {
          media: () => ({ __typename: 'Book', id: '1' }),
          list: () => [{ __typename: 'Song', id: '2', song: 5 }],
        },
        Media: typeName,
      },
    },
    b: {
      sdl: `type Query { other: Media } union Media = Book | Film
        type Book @key(fields: "id") { id: ID! title: String } type Film { film: Int! }`,
      resolvers: {
        Query: { other: () => ({ __typename: 'Film', film: 3 }) },
        Media: typeName,
        Book: { title: by(({ id }: { id: string }) => `book ${id}`) },
      },
    },
  },
  [
    {
      query:
        '{ media { __typename ... on Book { title } ... on Film { film } } list { ... on Song { song } } other { ... on Film { film } ... on Song { song } } }',
      data: { media: { __typename: 'Book', title: 'book 1' }, list: [{ song: 5 }], other: { film: 3 } },
    },
    { query: '{ other { ... on Media { ... on Media { __typename } } } }', data: { other: { __typename: 'Film' } } },
    { query: '{ media { ... on Song { id } } }', data: { media: {} } },
  ],
);

audit(
  'an interface that a subgraph knows as an object',
  {
    people: {
      sdl: `type Query { users: [User!]! } interface User @key(fields: "id") { id: ID! name: String }
        type Admin implements User @key(fields: "id") { id: ID! name: String rights: Int }
        type Guest implements User @key(fields: "id") { id: ID! name: String }`,
      resolvers: {
        Query: {
          users: () => [
            { __typename: 'Admin', id: 'a' },
            { __typename: 'Guest', id: 'g' },
          ],
        },
        User: {
          ...typeName,
          __resolveReference: by(({ id }: { id: string }) => ({ __typename: id === 'a' ? 'Admin' : 'Guest', id })),
        },
        Admin: { name: () => 'Ada', rights: () => 3 },
        Guest: { name: () => 'Gus' },
      },
    },
    visits: {
      sdl: `type Query { last: User } type User @key(fields: "id") @interfaceObject { id: ID! visits: Int! }`,
      resolvers: {
        Query: { last: () => ({ id: 'g' }) },
        User: { visits: by(({ id }: { id: string }) => (id === 'a' ? 1 : 2)) },
      },
    },
  },
  [
    {
      query: '{ users { id visits ... on Admin { rights } } }',
      data: {
        users: [
          { id: 'a', visits: 1, rights: 3 },
          { id: 'g', visits: 2 },
        ],
      },
    },
    { query: '{ last { visits } }', data: { last: { visits: 2 } } },
    { query: '{ last { __typename name visits } }', data: { last: { __typename: 'Guest', name: 'Gus', visits: 2 } } },
    { query: '{ users { ... on Guest { visits name } } }', data: { users: [{}, { visits: 2, name: 'Gus' }] } },
  ],
);
