import { parse } from 'graphql';
import { expect, it } from 'vitest';
import { startGraph } from '../graph-harness.ts';
import { audit, by, start, toSubgraph } from './audit-graph.ts';

const log: string[] = [];
const write = (service: string) =>
  by((_: unknown, { text }: { text: string }) => {
    log.push(`${service} ${text}`);
    return text === 'fail' ? Promise.reject(new Error('It failed.')) : { id: text };
  });
const twoWriters = {
  a: {
    sdl: 'type Query { x: Int } type Mutation { a(text: String!): Note } type Note @key(fields: "id") { id: ID! seen: String }',
    resolvers: { Mutation: { a: write('a') }, Note: { seen: by(({ id }: { id: string }) => `seen ${id}`) } },
  },
  b: {
    sdl: 'type Mutation { b(text: String!): Note must(text: String!): Note! } type Note @key(fields: "id") { id: ID! size: Int }',
    resolvers: {
      Mutation: { b: write('b'), must: write('must') },
      Note: { size: by(({ id }: { id: string }) => id.length) },
    },
  },
};

it('runs mutations of several subgraphs in the order in which they stand', async () => {
  const graph = await start(twoWriters);
  if ('problem' in graph) throw new Error(graph.problem);
  log.length = 0;
  const text =
    'mutation { one: a(text: "1") { size } two: b(text: "22") { seen size } fail: a(text: "fail") { id } three: a(text: "333") { id size } }';
  const { data, errors } = await graph.ask({ document: parse(text) });
  expect(JSON.parse(data!)).toEqual({
    one: { size: 1 },
    two: { seen: 'seen 22', size: 2 },
    fail: null,
    three: { id: '333', size: 3 },
  });
  expect(errors.map(({ path, message }) => [path, message])).toEqual([[['fail'], 'It failed.']]);
  expect(log).toEqual(['a 1', 'b 22', 'a fail', 'a 333']);
});

audit('a mutation that may not be null', twoWriters, [
  { query: 'mutation { must(text: "fail") { id } }', data: null, errors: ['must'] },
  { query: 'mutation { must(text: "ok") { seen } }', data: { must: { seen: 'seen ok' } } },
]);

const many = {
  list: {
    sdl: 'type Query { rows: [Row!]! best: Row! worst: Row other: Int } type Row { thing: Thing! again: [Thing] } type Thing @key(fields: "id") { id: ID! }',
    resolvers: {
      Query: { rows: () => [1, 2, 1], best: () => 2, worst: () => 4, other: () => 1 },
      Row: { thing: by((n: number) => ({ id: n })), again: by((n: number) => [{ id: n }, null]) },
    },
  },
  names: {
    sdl: 'type Thing @key(fields: "id") { id: ID! name: String! bad: String nick: String }',
    resolvers: {
      Thing: {
        name: by(({ id }: { id: string }) => (id === '4' ? null : `n${id}`)),
        nick: () => null,
        bad: () => Promise.reject(new Error('Bad.')),
      },
    },
  },
};

it('asks for each thing once, wherever in the answer it stands', async () => {
  const graph = await start(many);
  if ('problem' in graph) throw new Error(graph.problem);
  const { data, errors } = await graph.ask({
    document: parse('{ rows { thing { name } again { name nick } } best { thing { name } } }'),
  });
  expect(errors).toEqual([]);
  expect(JSON.parse(data!)).toMatchObject({
    rows: [{ again: [{ name: 'n1', nick: null }, null] }, {}, { thing: { name: 'n1' } }],
    best: { thing: { name: 'n2' } },
  });
  expect(graph.calls.map(({ service }) => service)).toEqual(['list', 'names']);
  const lists = Object.values(graph.calls[1]!.variables) as { id: string }[][];
  for (const list of lists) expect(new Set(list.map(({ id }) => id)).size).toBe(list.length);
});

audit('nulls that rise, and errors at every place that waited', many, [
  {
    query: '{ rows { again { bad } } }',
    data: {
      rows: [{ again: [{ bad: null }, null] }, { again: [{ bad: null }, null] }, { again: [{ bad: null }, null] }],
    },
    errors: ['rows.0.again.0.bad', 'rows.1.again.0.bad', 'rows.2.again.0.bad'],
  },
  { query: '{ other worst { thing { name } } }', data: { other: 1, worst: null }, errors: ['worst.thing.name'] },
  {
    query: '{ worst { again { id: bad } } }',
    data: { worst: { again: [{ id: null }, null] } },
    errors: ['worst.again.0.id'],
  },
]);

audit('conditions on everything', many, [
  ...[true, false].map((yes) => ({
    query:
      'query ($yes: Boolean!) { best { thing { id @include(if: $yes) name @skip(if: $yes) ... @include(if: $yes) { nick } } } worst @include(if: $yes) { __typename } }',
    variables: { yes },
    data: yes
      ? { best: { thing: { id: '2', nick: null } }, worst: { __typename: 'Row' } }
      : { best: { thing: { name: 'n2' } } },
  })),
  { query: '{ best @skip(if: true) { thing { name } } }', data: {}, asked: [] },
  { query: '{ best { thing { name @include(if: false) } } }', data: { best: { thing: {} } }, asked: ['list'] },
  {
    query:
      'query ($a: Boolean!, $b: Boolean!) { best { thing { name @include(if: $a) } } best { thing { name @include(if: $b) } } }',
    variables: { a: false, b: true },
    data: { best: { thing: { name: 'n2' } } },
  },
]);

it.each([
  ['query ($n: Int!) { x(n: $n) }', {}, 'Variable "$n" of required type "Int!" was not provided.'],
  ['query ($n: Int!) { x(n: $n) }', { n: null }, 'Variable "$n" of non-null type "Int!" must not be null.'],
  [
    'query ($n: Int!) { x(n: $n) }',
    { n: 'a' },
    'Variable "$n" got invalid value "a"; Int cannot represent non-integer value: "a"',
  ],
  [
    'query ($k: Kind) { k(k: $k) }',
    { k: 'NO' },
    'Variable "$k" got invalid value "NO"; Value "NO" does not exist in "Kind" enum.',
  ],
  [
    'query ($i: In) { i(i: $i) }',
    { i: { b: 1 } },
    'Variable "$i" got invalid value { b: 1 }; Field "a" of required type "Int!" was not provided.',
  ],
  [
    'query ($i: [In!]) { l(i: $i) }',
    { i: [null] },
    'Variable "$i" got invalid value null at "i[0]"; Expected non-nullable type "In!" not to be null.',
  ],
])('refuses the variables of %s with %j as the specification has it', async (query, variables, message) => {
  const graph = await start({
    a: {
      sdl: 'type Query { x(n: Int!): Int k(k: Kind): Int i(i: In): Int l(i: [In!]): Int } enum Kind { A } input In { a: Int! b: Int }',
    },
  });
  if ('problem' in graph) throw new Error(graph.problem);
  const { data, errors } = await graph.ask({ document: parse(query), variables });
  expect(data).toBeUndefined();
  expect(errors.map((error) => error.message)).toEqual([message]);
  expect(graph.calls).toEqual([]);
});

it('runs the named one of several operations, and hands extensions of errors on', async () => {
  const refuse = () => Promise.reject(Object.assign(new Error('No.'), { extensions: { code: 'no', hint: 1 } }));
  const graph = await start({
    a: { sdl: 'type Query { x: Int y: Int }', resolvers: { Query: { x: () => 1, y: refuse } } },
  });
  if ('problem' in graph) throw new Error(graph.problem);
  const document = parse('query A { x } query B { y __typename } query C { __typename }');
  expect((await graph.ask({ document, operationName: 'A' })).data).toBe('{"x":1}');
  const { data, errors } = await graph.ask({ document, operationName: 'B' });
  expect(data).toBe('{"y":null,"__typename":"Query"}');
  expect(errors).toMatchObject([{ path: ['y'], extensions: { code: 'no', hint: 1 } }]);
  expect((await graph.ask({ document, operationName: 'C' })).data).toBe('{"__typename":"Query"}');
  expect(graph.calls).toEqual([]);
});

it('lets a whole number that fails at once fail alone, compiled as well as interpreted', async () => {
  const resolvers = {
    Query: {
      x: () => {
        throw new Error('Not now.');
      },
      y: () => 1,
    },
  };
  const subgraph = toSubgraph('a', { sdl: 'type Query { x: Int y: Int }', resolvers });
  for (const compiledAtUse of [1, Number.POSITIVE_INFINITY]) {
    const graph = await startGraph([subgraph], { compiledAtUse });
    if ('problem' in graph) throw new Error(graph.problem);
    const { data, errors } = await graph.ask({ document: parse('{ x y }') });
    expect(data).toBe('{"x":null,"y":1}');
    expect(errors.map(({ path, message }) => [path, message])).toEqual([[['x'], 'Not now.']]);
  }
});
