import { anonymous, type Caller } from '@steading/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphSettings } from '#src/graph/graph-config.ts';
import { ada, type GraphHouse, startGraph } from './graph-house.ts';

const stranger = anonymous('req_2', { address: '192.0.2.7' });
const times = (count: number, make: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => make(n)).join(' ');
const nested = (field: string, levels: number) => `{ ${`${field} { `.repeat(levels)} name ${'} '.repeat(levels)} }`;
const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

type Attack = readonly [name: string, body: unknown, code: string, says: RegExp];
const attacks: readonly Attack[] = [
  ['a flood of aliases', { query: `{ ${times(41, (n) => `a${n}: rain`)} }` }, 'gateway.query-too-broad', /40 aliases/],
  ['a batch', [{ query: '{ rain }' }, { query: '{ rain }' }], 'gateway.query-batched', /one operation/],
  [
    'fragments that go round',
    { query: '{ beds { ...a } } fragment a on Bed { ...b } fragment b on Bed { ...a }' },
    'gateway.query-invalid',
    /itself/,
  ],
  [
    'more fragments than anybody writes',
    { query: `{ beds { ...f0 } } ${times(51, (n) => `fragment f${n} on Bed { name }`)}` },
    'gateway.query-too-broad',
    /50 fragments/,
  ],
  ['levels', { query: nested('beds(first: 1)', 14) }, 'gateway.query-too-deep', /14 levels/],
  [
    'levels of the schema',
    { query: `{ __schema { types { ${'ofType { '.repeat(15)} name ${'} '.repeat(15)} } } }` },
    'gateway.query-too-deep',
    /16 levels/,
  ],
  [
    'lists of the schema within lists',
    { query: '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }' },
    'gateway.query-invalid',
    /Maximum introspection depth/,
  ],
  [
    'the schema many times over',
    { query: `{ ${times(9, (n) => `a${n}: __schema { types { name } }`)} }` },
    'gateway.query-too-broad',
    /8 questions/,
  ],
  [
    'directives on a field',
    { query: `{ rain ${'@include(if: true) '.repeat(41)} }` },
    'gateway.query-too-broad',
    /40 directives/,
  ],
  [
    'directives on fragments and operations',
    { query: `query ${'@a '.repeat(21)} { ... ${'@include(if: true) '.repeat(21)} { rain } }` },
    'gateway.query-too-broad',
    /40 directives/,
  ],
  [
    'a field over and over, in fragments of its own',
    { query: `{ ${times(40, () => `... on Query { ${'beds { name } '.repeat(20)} }`)} }` },
    'gateway.query-too-broad',
    /40 fields at the top/,
  ],
  [
    'a field over and over, below the top',
    { query: `{ beds(first: 1) { ${times(30, () => `... on Bed { ${'name '.repeat(20)} }`)} } }` },
    'gateway.query-too-broad',
    /200 fields called name/,
  ],
  ['fields in one place', { query: `{ beds { ${'name '.repeat(81)} } }` }, 'gateway.query-too-broad', /80 fields/],
  ['operations', { query: times(11, (n) => `query a${n} { rain }`) }, 'gateway.query-too-broad', /10 operations/],
  ['words', { query: `{ rain ${'rain '.repeat(4_001)} }` }, 'gateway.query-unreadable', /tokens/],
  ['long lists', { query: '{ beds(first: 1000) { beds(first: 1000) { name } } }' }, 'gateway.query-too-costly', /cost/],
  [
    'long lists by variables',
    {
      query: 'query ($n: Int!) { beds(first: $n) { beds(first: $n) { name } } }',
      variables: { n: 1000 },
    },
    'gateway.query-too-costly',
    /cost/,
  ],
  [
    'long lists by what variables are without a value',
    { query: 'query ($n: Int = 1000) { beds(first: $n) { beds(first: $n) { name } } }' },
    'gateway.query-too-costly',
    /cost/,
  ],
  [
    'long lists of a page',
    {
      query: 'query ($n: Int!) { bedPage(first: $n) { nodes { beds(first: $n) { name } } } }',
      variables: { n: 1000 },
    },
    'gateway.query-too-costly',
    /cost/,
  ],
  [
    'things by very many ids',
    {
      query: 'query ($ids: [ID!]) { beds(ids: $ids) { beds(first: 60) { name } } }',
      variables: { ids: Array.from({ length: 2_000 }, (_, n) => `bed_${n}`) },
    },
    'gateway.query-too-costly',
    /cost/,
  ],
  [
    'variables of very many values',
    { query: '{ rain }', variables: { x: Array.from({ length: 5_001 }, () => 1) } },
    'gateway.variables-too-large',
    /5000 values/,
  ],
  [
    'variables very deep',
    { query: '{ rain }', variables: { x: deep(25) } },
    'gateway.variables-too-large',
    /20 levels/,
  ],
  ['a very large body', { query: '{ rain }', variables: { x: 'x'.repeat(300_000) } }, 'too-large', /262144 bytes/],
];

describe('the limits of POST /graphql', () => {
  let house: GraphHouse;
  beforeAll(async () => {
    house = await startGraph();
  });
  afterAll(() => house.endpoint.stop());

  it.each(attacks)('refuses %s before anything runs, and says what to do', async (_, body, code, says) => {
    for (const caller of [ada, stranger]) {
      const { json, status } = await house.ask(body, { caller });
      if (caller === stranger && json.errors[0].extensions.code === 'gateway.introspection-refused') continue;
      expect(json).toMatchObject({ errors: [{ message: says, extensions: { code, status } }] });
      expect(json.errors).toHaveLength(1);
      expect(json.data).toBeUndefined();
      expect(status).toBeGreaterThanOrEqual(400);
    }
  });

  it('lets the same operation through with values that cost little', async () => {
    const query = 'query ($n: Int!) { beds(first: $n) { beds(first: $n) { name } } }';
    expect((await house.ask({ query, variables: { n: 1000 } })).json.errors[0].extensions.code).toBe(
      'gateway.query-too-costly',
    );
    expect((await house.ask({ query, variables: { n: 3 } })).json.data.beds).toHaveLength(3);
    expect((await house.ask({ query, variables: { n: 1000 } })).status).toBe(400);
  });

  const nearly: readonly [string, unknown][] = [
    ['a field', { query: '{ beed { name } }' }],
    ['an argument', { query: '{ beds(frist: 1) { name } }' }],
    ['a type', { query: '{ ... on Querry { rain } }' }],
    ['an argument of a variable', { query: 'query ($n: Innt) { beds(first: $n) { name } }' }],
  ];
  it.each(nearly)('tells strangers nothing of what is like the wrong name of %s', async (_, body) => {
    const shown = (await house.ask(body, { caller: stranger })).json.errors[0];
    expect(shown.message).not.toMatch(/Did you mean/);
    expect(shown.extensions.code).toBe('gateway.query-invalid');
    expect((await house.ask(body)).json.errors[0].message).toMatch(/Did you mean/);
  });
});

describe('the limits of what runs', () => {
  it('gives up an answer that grows too long', async () => {
    const house = await startGraph({ settings: { ...graphSettings, maxAnswerBytes: 100_000 } });
    const query = 'query ($n: Int) { beds(first: $n) { text } }';
    expect((await house.ask({ query, variables: { n: 5 } })).status).toBe(200);
    const { json, status } = await house.ask({ query, variables: { n: 50 } });
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: [{ message: /shorter lists/, extensions: { code: 'answer-too-large' } }] });
    await house.endpoint.stop();
  });

  it('gives up in time, and tells the subgraph', async () => {
    const house = await startGraph({ settings: { ...graphSettings, seconds: 0.05 } });
    const { json, status } = await house.ask({ query: '{ slow }' });
    expect(status).toBe(504);
    expect(json.errors).toMatchObject([{ extensions: { code: 'deadline-exceeded' } }]);
    await house.endpoint.stop();
  });

  it('lets one caller have only so much under way, and others go on', async () => {
    const house = await startGraph({ settings: { ...graphSettings, atOnce: 2 } });
    const leaving = new AbortController();
    const slow = [1, 2].map(() => house.ask({ query: '{ slow }' }, { ending: leaving }));
    const refused = await house.ask({ query: '{ rain }' });
    expect(refused).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
      json: { errors: [{ message: /2 operations under way/, extensions: { code: 'gateway.too-many-at-once' } }] },
    });
    const bo: Caller = { ...ada, principal: 'user:usr_bo' };
    expect((await house.ask({ query: '{ rain }' }, { caller: bo })).status).toBe(200);
    expect((await house.ask({ query: '{ rain }' }, { caller: stranger })).status).toBe(200);
    leaving.abort();
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([499, 499]);
    expect((await house.ask({ query: '{ rain }' })).status).toBe(200);
    await house.endpoint.stop();
  });
});
