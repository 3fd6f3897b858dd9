import { parse, validate } from 'graphql';
import { expect, it } from 'vitest';
import { audit, by, start } from './audit-graph.ts';

audit(
  'fields that several subgraphs have',
  {
    a: {
      sdl: `type Query { product: Product @shareable } type Product @shareable { id: ID! name: String! price: Price }
        type Price @shareable { amount: Int! }`,
      resolvers: { Query: { product: () => ({ id: '1', name: 'Rake', price: { amount: 5 } }) } },
    },
    b: {
      sdl: `type Query { product: Product @shareable } type Product @shareable { id: ID! price: Price }
        type Price @shareable { amount: Int! } `,
      resolvers: { Query: { product: () => ({ id: '1', price: { amount: 5 } }) } },
    },
  },
  [
    { query: '{ product { id price { amount } } }', data: { product: { id: '1', price: { amount: 5 } } } },
    {
      query: '{ product { id name price { amount } } }',
      data: { product: { id: '1', name: 'Rake', price: { amount: 5 } } },
    },
  ],
);

audit(
  'a field that moved to another subgraph',
  {
    old: {
      sdl: `type Query { bed: Bed } type Bed @key(fields: "id") { id: ID! soil: String light: Int }`,
      resolvers: { Query: { bed: () => ({ id: '1' }) }, Bed: { soil: () => 'old', light: () => 1 } },
    },
    fresh: {
      sdl: `type Bed @key(fields: "id") { id: ID! soil: String @override(from: "old") }`,
      resolvers: { Bed: { soil: () => 'new' } },
    },
  },
  [
    { query: '{ bed { soil light } }', data: { bed: { soil: 'new', light: 1 } } },
    { query: '{ bed { light } }', data: { bed: { light: 1 } }, asked: ['old'] },
  ],
);

audit(
  'enums, inputs and nullability that differ between subgraphs',
  {
    a: {
      sdl: `type Query { kind: Kind search(by: By, kind: In = X): String }
        type Box @key(fields: "id") { id: ID! } enum Kind { ONE TWO HIDDEN @inaccessible }
        enum In { X Y } input By { text: String! = "all" only: Int }`,
      resolvers: {
        Query: {
          kind: () => 'HIDDEN',
          search: by(
            (_: unknown, given: { by?: object; kind?: string }) => `${JSON.stringify(given.by)} ${given.kind}`,
          ),
        },
      },
    },
    b: {
      sdl: `type Query { box: Box also: Kind find(by: By): String } enum Kind { ONE THREE }
        type Box @key(fields: "id") { id: ID! size: Int } input By { text: String! = "all" other: Int }`,
      resolvers: {
        Query: {
          box: () => ({ id: '1' }),
          also: () => 'THREE',
          find: by((_: unknown, { by: given }: { by: object }) => JSON.stringify(given)),
        },
        Box: { size: () => null },
      },
    },
  },
  [
    { query: '{ also kind }', data: { also: 'THREE', kind: null }, errors: ['kind'] },
    { query: '{ search(by: {}) }', data: { search: '{"text":"all"} X' } },
    {
      query: 'query ($by: By, $k: In) { search(by: $by, kind: $k) }',
      variables: { by: { text: 'a' } },
      data: { search: '{"text":"a"} X' },
    },
    { query: 'query ($k: In) { search(kind: $k) }', variables: { k: null }, data: { search: 'undefined null' } },
    { query: 'query ($t: String = "d") { find(by: { text: $t }) }', data: { find: '{"text":"d"}' } },
    { query: '{ box { id size } }', data: { box: { id: '1', size: null } } },
  ],
);

it('hides what is inaccessible, and uses it all the same', async () => {
  const graph = await start({
    a: {
      sdl: 'type Query { box: Box secret: Int @inaccessible } type Box @key(fields: "id") { id: ID! @inaccessible }',
      resolvers: { Query: { box: () => ({ id: '1' }) } },
    },
    b: {
      sdl: 'type Box @key(fields: "id") { id: ID! size: Int }',
      resolvers: { Box: { size: by(({ id }: { id: string }) => Number(id) + 1) } },
    },
  });
  if ('problem' in graph) throw new Error(graph.problem);
  expect(graph.publicSdl).not.toMatch(/secret|id: ID|inaccessible/);
  expect(validate(graph.schema, parse('{ secret }'))).toHaveLength(1);
  expect((await graph.ask({ document: parse('{ box { size } }') })).data).toBe('{"box":{"size":2}}');
});

audit(
  'a schema of Federation 1',
  {
    a: {
      sdl: `#1\ntype Query { user: User } type User @key(fields: "id") { id: ID! name: String }`,
      resolvers: { Query: { user: () => ({ id: '7', name: 'Uma' }) } },
    },
    b: {
      sdl: `#1\ntype Query { count: Int } extend type User @key(fields: "id") { id: ID! @external name: String @external
        greeting: String @requires(fields: "name") }`,
      resolvers: { Query: { count: () => 2 }, User: { greeting: by(({ name }: { name: string }) => `Hello ${name}`) } },
    },
  },
  [{ query: '{ user { id greeting } count }', data: { user: { id: '7', greeting: 'Hello Uma' }, count: 2 } }],
);
