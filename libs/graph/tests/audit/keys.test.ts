import { expect, it } from 'vitest';
import { audit, by, start } from './audit-graph.ts';

const plants = new Map([
  ['p1', { id: 'p1', code: 'OAK', row: 1, bed: { name: 'north' } }],
  ['p2', { id: 'p2', code: 'ELM', row: 2, bed: { name: 'south' } }],
]);
const byCode = (code: string) => [...plants.values()].find((plant) => plant.code === code);

audit(
  'an entity that each subgraph knows by another key',
  {
    list: {
      sdl: `type Query { plants: [Plant!]! } type Plant @key(fields: "id") { id: ID! }`,
      resolvers: { Query: { plants: () => [{ id: 'p1' }, { id: 'p2' }, { id: 'p1' }] } },
    },
    names: {
      sdl: `type Plant @key(fields: "id") @key(fields: "code") { id: ID! code: String! name: String! }`,
      resolvers: {
        Plant: {
          __resolveReference: by(({ id, code }: { id: string; code: string }) => plants.get(id) ?? byCode(code)),
          name: by(({ code }: { code: string }) => `the ${code}`),
        },
      },
    },
    prices: {
      sdl: `type Plant @key(fields: "code") { code: String! price: Int! }`,
      resolvers: { Plant: { price: by(({ code }: { code: string }) => code.charCodeAt(0)) } },
    },
  },
  [
    {
      query: '{ plants { price } }',
      data: { plants: [{ price: 79 }, { price: 69 }, { price: 79 }] },
      asked: ['list', 'names', 'prices'],
    },
    {
      query: '{ plants { id: name code price } }',
      data: {
        plants: [
          { id: 'the OAK', code: 'OAK', price: 79 },
          { id: 'the ELM', code: 'ELM', price: 69 },
          { id: 'the OAK', code: 'OAK', price: 79 },
        ],
      },
    },
  ],
);

audit(
  'keys of several fields, and of fields of fields',
  {
    list: {
      sdl: `type Query { plants: [Plant!]! }
        type Plant @key(fields: "row bed { name }") { row: Int! bed: Bed! } type Bed @shareable { name: String! }`,
      resolvers: { Query: { plants: () => [...plants.values()] } },
    },
    water: {
      sdl: `type Plant @key(fields: "bed { name } row") { row: Int! bed: Bed! litres: String! }
        type Bed @shareable { name: String! }`,
      resolvers: {
        Plant: { litres: by(({ row, bed }: { row: number; bed: { name: string } }) => `${row} in ${bed.name}`) },
      },
    },
  },
  [{ query: '{ plants { litres } }', data: { plants: [{ litres: '1 in north' }, { litres: '2 in south' }] } }],
);

audit(
  'an entity that one subgraph does not have',
  {
    list: {
      sdl: `type Query { plants: [Plant] } type Plant @key(fields: "id") { id: ID! }`,
      resolvers: { Query: { plants: () => [{ id: 'p1' }, null, { id: 'gone' }, { id: 'bad' }] } },
    },
    names: {
      sdl: `type Plant @key(fields: "id") { id: ID! name: String! nick: String }`,
      resolvers: {
        Plant: {
          __resolveReference: by(({ id }: { id: string }) => {
            if (id === 'bad') return Promise.reject(new Error('It is broken.'));
            return plants.get(id) ?? null;
          }),
          name: () => 'Oak',
          nick: () => 'oaky',
        },
      },
    },
  },
  [
    {
      query: '{ plants { id nick } }',
      data: { plants: [{ id: 'p1', nick: 'oaky' }, null, { id: 'gone', nick: null }, { id: 'bad', nick: null }] },
      errors: ['plants.3'],
    },
    {
      query: '{ plants { id name } }',
      data: { plants: [{ id: 'p1', name: 'Oak' }, null, null, null] },
      errors: ['plants.2.name', 'plants.3'],
    },
    {
      query: '{ plants { id } }',
      data: { plants: [{ id: 'p1' }, null, { id: 'gone' }, { id: 'bad' }] },
      asked: ['list'],
    },
  ],
);

audit(
  'a reference that its subgraph cannot resolve',
  {
    posts: {
      sdl: `type Query { post: Post } type Post { author: Person! by: Person }
        type Person @key(fields: "id", resolvable: false) { id: ID! }`,
      resolvers: { Query: { post: () => ({ author: { id: 'u1' }, by: null }) } },
    },
    people: {
      sdl: `type Query { me: Person } type Person @key(fields: "id") { id: ID! name: String! }`,
      resolvers: {
        Query: { me: () => ({ id: 'u2' }) },
        Person: { name: by(({ id }: { id: string }) => `I am ${id}`) },
      },
    },
  },
  [
    {
      query: '{ me { name } post { author { name __typename } by { name } } }',
      data: { me: { name: 'I am u2' }, post: { author: { name: 'I am u1', __typename: 'Person' }, by: null } },
    },
  ],
);

it('refuses a type with @requires and several keys, over which the planner would end the process', async () => {
  const graph = await start({
    a: { sdl: `type Query { x: X } type X @key(fields: "id") { id: ID! size: Int }` },
    b: {
      sdl: `type X @key(fields: "id") @key(fields: "code") { id: ID! code: String! size: Int @external
        double: Int @requires(fields: "size") }`,
    },
  });
  expect(graph).toMatchObject({ problem: expect.stringMatching(/^b: X has a field with @requires and several keys/) });
});
