import { audit, by } from './audit-graph.ts';

interface Parcel {
  readonly id: string;
  readonly weight?: number | null;
  readonly size?: { readonly width: number; readonly height: number };
  readonly price?: number;
  readonly shipping?: number;
}
const weights: Record<string, number | null> = { a: 2, b: 5, c: null };
const list = {
  sdl: `type Query { parcels(first: Int): [Parcel!]! }
    type Parcel @key(fields: "id") { id: ID! weight: Int size: Size! price(currency: String = "EUR"): Int! }
    type Size @shareable { width: Int! height: Int! }`,
  resolvers: {
    Query: {
      parcels: by((_: unknown, { first = 3 }: { first?: number }) =>
        ['a', 'b', 'c'].slice(0, first).map((id) => ({ id })),
      ),
    },
    Parcel: {
      weight: by(({ id }: Parcel) => weights[id]),
      size: () => ({ width: 3, height: 4 }),
      price: by((_: unknown, { currency }: { currency: string }) => (currency === 'EUR' ? 10 : 12)),
    },
  },
};

audit(
  'fields that require others',
  {
    list,
    shipping: {
      sdl: `type Parcel @key(fields: "id") {
          id: ID! weight: Int @external size: Size! @external price(currency: String = "EUR"): Int! @external
          shipping: Int @requires(fields: "weight") area: Int! @requires(fields: "size { width height }")
          dollars: Int! @requires(fields: "price(currency: \\"USD\\")")
        }
        type Size @shareable { width: Int! height: Int! }`,
      resolvers: {
        Parcel: {
          shipping: by(({ weight }: Parcel) => (weight === null ? null : weight! * 3)),
          area: by(({ size }: Parcel) => size!.width * size!.height),
          dollars: by(({ price }: Parcel) => price! * 100),
        },
      },
    },
    advice: {
      sdl: `type Parcel @key(fields: "id") { id: ID! shipping: Int @external advice: String! @requires(fields: "shipping") }`,
      resolvers: { Parcel: { advice: by(({ shipping }: Parcel) => `pay ${shipping}`) } },
    },
  },
  [
    {
      query: '{ parcels { id shipping } }',
      data: {
        parcels: [
          { id: 'a', shipping: 6 },
          { id: 'b', shipping: 15 },
          { id: 'c', shipping: null },
        ],
      },
      asked: ['list', 'shipping'],
    },
    { query: '{ parcels(first: 1) { area } }', data: { parcels: [{ area: 12 }] } },
    { query: '{ parcels(first: 1) { dollars } }', data: { parcels: [{ dollars: 1200 }] } },
    { query: '{ parcels(first: 1) { price dollars } }', data: { parcels: [{ price: 10, dollars: 1200 }] } },
    { query: '{ parcels(first: 1) { weight: id size: shipping } }', data: { parcels: [{ weight: 'a', size: 6 }] } },
    {
      query: '{ parcels { advice } }',
      data: { parcels: [{ advice: 'pay 6' }, { advice: 'pay 15' }, { advice: 'pay null' }] },
    },
    {
      query: 'query ($no: Boolean!) { parcels(first: 1) { shipping @include(if: $no) area @skip(if: $no) } }',
      variables: { no: false },
      data: { parcels: [{ area: 12 }] },
    },
    {
      query: 'query ($yes: Boolean!) { parcels(first: 1) { shipping @include(if: $yes) weight @skip(if: $yes) } }',
      variables: { yes: true },
      data: { parcels: [{ shipping: 6 }] },
    },
    {
      query: 'query ($no: Boolean!) { parcels(first: 1) { shipping @include(if: $no) weight @include(if: $no) } }',
      variables: { no: false },
      data: { parcels: [{}] },
      asked: ['list'],
    },
  ],
);

audit(
  'fields that bring others along',
  {
    books: {
      sdl: `type Query { top: Book @provides(fields: "title") book: Book media: [Media!]! @provides(fields: "... on Book { title }") }
        union Media = Book | Film
        type Book @key(fields: "id") { id: ID! title: String! @external }
        type Film @key(fields: "id", resolvable: false) { id: ID! }`,
      resolvers: {
        Query: {
          top: () => ({ id: 'b1', title: 'brought along' }),
          book: () => ({ id: 'b1' }),
          media: () => [
            { __typename: 'Book', id: 'b2', title: 'brought too' },
            { __typename: 'Film', id: 'f1' },
          ],
        },
        Media: { __resolveType: by(({ __typename }: { __typename: string }) => __typename) },
      },
    },
    titles: {
      sdl: `type Book @key(fields: "id") { id: ID! title: String! pages: Int! } type Film @key(fields: "id") { id: ID! title: String! }`,
      resolvers: { Book: { title: () => 'looked up', pages: () => 9 }, Film: { title: () => 'a film' } },
    },
  },
  [
    { query: '{ top { id title } }', data: { top: { id: 'b1', title: 'brought along' } }, asked: ['books'] },
    { query: '{ book { title } }', data: { book: { title: 'looked up' } }, asked: ['books', 'titles'] },
    { query: '{ top { id pages } }', data: { top: { id: 'b1', pages: 9 } } },
    {
      query: '{ media { ... on Book { title } ... on Film { name: title } } }',
      data: { media: [{ title: 'brought too' }, { name: 'a film' }] },
    },
    {
      query: 'query ($no: Boolean!) { top { id title @include(if: $no) } }',
      variables: { no: false },
      data: { top: { id: 'b1' } },
    },
  ],
);

audit(
  'a field that requires what differs by type',
  {
    boxes: {
      sdl: `type Query { box: Box also: Box } type Box @key(fields: "id") { id: ID! content: Content }
        union Content = Ball | Cube type Ball { radius: Int! } type Cube { edge: Int! }`,
      resolvers: {
        Query: { box: () => ({ id: 'ball' }), also: () => ({ id: 'cube' }) },
        Box: {
          content: by(({ id }: Parcel) =>
            id === 'ball' ? { __typename: 'Ball', radius: 2 } : { __typename: 'Cube', edge: 3 },
          ),
        },
      },
    },
    volumes: {
      sdl: `type Box @key(fields: "id") { id: ID! content: Content @external
          volume: Int @requires(fields: "content { ... on Ball { radius } ... on Cube { edge } }") }
        union Content = Ball | Cube type Ball @external { radius: Int! } type Cube @external { edge: Int! }`,
      resolvers: {
        Box: {
          volume: by(({ content }: { content: { __typename: string; radius: number; edge: number } }) =>
            content.__typename === 'Ball' ? 4 * content.radius ** 3 : content.edge ** 3,
          ),
        },
      },
    },
  },
  [{ query: '{ box { volume } also { volume } }', data: { box: { volume: 32 }, also: { volume: 27 } } }],
);
