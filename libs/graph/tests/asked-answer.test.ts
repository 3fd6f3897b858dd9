import { parse } from 'graphql';
import { expect, it } from 'vitest';
import { keepAsked, promisedTypes } from '#src/asked-answer.ts';
import { composeSubgraphs } from '#src/supergraph.ts';

const types = promisedTypes(`
  type Query { shop_first: Shop_Item shop_all: [Shop_Item!] shop_open: Boolean shop_any: Shop_Any shop_both: Shop_Both }
  type Shop_Item { id: ID! name: String price: Float count: Int kind: Shop_Kind maker: Space }
  type Shop_Box { size: Int }
  union Shop_Both = Shop_Item | Shop_Box
  enum Shop_Kind { TOOL SEED }
  scalar Shop_Any
  extend type Space @key(fields: "id") { id: ID! @external shop_rating: Float shop_best: Shop_Item }
`);
const keep = (query: string, data: Record<string, unknown>) => keepAsked({ document: parse(query) }, { data }, types);

it('keeps what was asked and nothing beside it', () => {
  const item = { id: 7, name: 'Hoe', price: 1.5, kind: 'TOOL', secret: 'x', maker: { id: 's', name: 'Taken over' } };
  expect(keep('{ a: shop_first { id name kind maker { id } } }', { a: item, shop_first: item, viewer: {} })).toEqual({
    data: { a: { id: '7', name: 'Hoe', kind: 'TOOL', maker: { id: 's' } } },
  });
});

it('lets an entity say only its own fields', () => {
  const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
    __typename ... on Space { shop_rating shop_best { ...item } } } } fragment item on Shop_Item { name }`;
  const entity = { __typename: 'Space', shop_rating: 4, name: 'Taken over', shop_best: { name: 'Hoe', id: '1' } };
  expect(keep(query, { _entities: [entity, null] })).toEqual({
    data: { _entities: [{ __typename: 'Space', shop_rating: 4, shop_best: { name: 'Hoe' } }, null] },
  });
});

it('makes null with an error of what is of another type, and leaves the rest', () => {
  const answer = keep('{ shop_all { name price count kind } shop_open shop_first { name } shop_any }', {
    shop_all: [
      { name: 1, price: 'dear', count: 1.5, kind: 'GOLD' },
      { name: 'Hoe', price: 2, count: 3, kind: 'SEED' },
    ],
    shop_open: 'yes',
    shop_first: ['no object'],
    shop_any: { deep: [1] },
  });
  expect(answer.data).toEqual({
    shop_all: [
      { name: null, price: null, count: null, kind: null },
      { name: 'Hoe', price: 2, count: 3, kind: 'SEED' },
    ],
    shop_open: null,
    shop_first: null,
    shop_any: { deep: [1] },
  });
  expect(answer.errors!.map(({ path }) => path!.join('.'))).toEqual([
    'shop_all.0.name',
    'shop_all.0.price',
    'shop_all.0.count',
    'shop_all.0.kind',
    'shop_open',
    'shop_first',
  ]);
});

it('knows the fields of each type under a union', () => {
  const query = '{ shop_both { __typename ... on Shop_Item { name } ... on Shop_Box { size } } }';
  const data = { shop_both: { __typename: 'Shop_Box', size: 3, name: 'x', other: 1 } };
  expect(keep(query, data).data).toEqual({ shop_both: { __typename: 'Shop_Box', size: 3, name: 'x' } });
});

it('refuses an entity with several keys in a subgraph that is not of the house', async () => {
  const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key"])
    type Query { thing: Thing } type Thing @key(fields: "a") @key(fields: "b") { a: ID! b: ID! }`;
  expect(await composeSubgraphs([{ name: 'own', sdl }])).toHaveProperty('ok');
  expect(await composeSubgraphs([{ name: 'app', sdl, foreign: true }])).toEqual({
    problem: 'app: Thing has several keys. Give it one @key in this subgraph.',
  });
});
