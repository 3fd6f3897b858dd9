import { setTimeout as delay } from 'node:timers/promises';
import type { Access } from '@steading/access';
import { createSubgraphBuilder, finish, open, type Subgraph } from '@steading/graph';
import { anonymous, type Caller, createLog, kitErrors, systemClock } from '@steading/kit';
import type { Doors, ServiceDefinition } from '@steading/service';
import { execute, getIntrospectionQuery } from 'graphql';
import { afterEach, describe, expect, it } from 'vitest';
import { createGraphEndpoint, type GraphEndpoint } from '#src/graph/graph-endpoint.ts';

const log = createLog({ level: 'silent' });
const ada: Caller = { kind: 'user', principal: 'user:usr_ada', requestId: 'req_1' };
const access = { revision: 9, require: async () => {} } as unknown as Access;
const service = (name: string): ServiceDefinition => ({ name, purpose: 'a test', graph: true, create: () => ({}) });

interface Node {
  readonly name: string;
}

function garden(): Subgraph {
  const builder = createSubgraphBuilder({ service: 'garden', log, access });
  const Bed = builder.objectRef<Node>('Bed');
  Bed.implement({
    fields: (t) => ({
      name: t.exposeString('name'),
      beds: t.field({ type: [Bed], resolve: () => [] }),
      within: t.field({ type: Bed, nullable: true, resolve: () => null }),
    }),
  });
  builder.queryField('beds', (t) =>
    t.field({ type: [Bed], args: { first: t.arg.int() }, access: open('a test'), resolve: () => [{ name: 'Roses' }] }),
  );
  builder.queryField('broken', (t) =>
    t.string({
      nullable: true,
      access: open('a test'),
      resolve: () => {
        throw new Error('connect postgres://house:hunter2@db');
      },
    }),
  );
  builder.mutationField('plant', (t) => t.string({ access: open('a test'), resolve: () => 'planted' }));
  return finish(builder);
}

function weather(): Subgraph {
  const builder = createSubgraphBuilder({ service: 'weather', log, access });
  builder.queryField('rain', (t) => t.boolean({ access: open('a test'), resolve: () => true }));
  return finish(builder);
}

describe('POST /graphql', () => {
  const up = new Map<string, Subgraph>();
  let endpoint: GraphEndpoint | undefined;
  afterEach(async () => {
    await endpoint?.stop();
    up.clear();
  });

  async function start(...services: [string, Subgraph][]): Promise<GraphEndpoint> {
    for (const [name, subgraph] of services) up.set(name, subgraph);
    const doors = {
      async sdl(name) {
        const subgraph = up.get(name);
        if (!subgraph) throw kitErrors('unavailable', { what: name });
        return subgraph.sdl;
      },
      async graph(name, { document }, contextValue) {
        return execute({ schema: up.get(name)!.schema, document, contextValue });
      },
    } as Doors;
    endpoint = createGraphEndpoint({
      catalogue: [service('garden'), service('weather'), { ...service('plain'), graph: false }],
      doors,
      log,
      clock: systemClock,
      signal: new AbortController().signal,
    });
    await endpoint.start();
    return endpoint;
  }

  async function ask(on: GraphEndpoint, body: unknown, caller = ada) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await on.handle({ body: text, caller, headers: {} }, new AbortController());
    return { ...answer, json: JSON.parse(answer.body) };
  }

  it('answers, and is ready when every service is there', async () => {
    const on = await start(['garden', garden()], ['weather', weather()]);
    const answer = await ask(on, { query: '{ beds { name } rain }' });
    expect(answer).toMatchObject({ status: 200, json: { data: { beds: [{ name: 'Roses' }], rain: true } } });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(on.health()).toEqual({ ready: true });
  });

  it('answers with what is there while a service is missing, and takes it in when it comes', async () => {
    const on = await start(['garden', garden()]);
    expect(on.health()).toEqual({ ready: false, reason: 'Not there yet: weather.' });
    expect((await ask(on, { query: '{ beds { name } }' })).status).toBe(200);
    expect((await ask(on, { query: '{ rain }' })).json.errors[0].extensions.code).toBe('gateway.query-invalid');
    up.set('weather', weather());
    for (const end = Date.now() + 5000; !on.health().ready && Date.now() < end; ) await delay(20);
    expect((await ask(on, { query: '{ rain }' })).json.data).toEqual({ rain: true });
  });

  it('is unavailable before any service is there', async () => {
    const on = await start();
    expect(await ask(on, { query: '{ rain }' })).toMatchObject({
      status: 503,
      json: { errors: [{ extensions: { code: 'unavailable', requestId: 'req_1' } }] },
    });
  });

  it('says which forest revision a mutation led to', async () => {
    const on = await start(['garden', garden()]);
    expect((await ask(on, { query: 'mutation { plant }' })).revision).toBe(9);
    expect((await ask(on, { query: '{ beds { name } }' })).revision).toBeUndefined();
  });

  it('hides what went wrong inside, and gives the request id', async () => {
    const answer = await ask(await start(['garden', garden()]), { query: '{ broken }' });
    expect(answer.json).toMatchObject({
      data: { broken: null },
      errors: [{ path: ['broken'], extensions: { code: 'internal', status: 500, requestId: 'req_1' } }],
    });
    expect(answer.body).not.toMatch(/hunter2|stack|\.ts/);
  });

  it('lets only people who are signed in read the schema', async () => {
    const on = await start(['garden', garden()]);
    const query = getIntrospectionQuery();
    expect((await ask(on, { query })).json.data.__schema.queryType.name).toBe('Query');
    expect(await ask(on, { query }, anonymous('req_2'))).toMatchObject({
      status: 401,
      json: { errors: [{ extensions: { code: 'gateway.introspection-refused' } }] },
    });
    expect((await ask(on, { query: '{ __typename }' }, anonymous('req_2'))).status).toBe(200);
  });

  const nested = (levels: number) => `{ ${'beds { '.repeat(levels)} name ${'}'.repeat(levels)} }`;
  const spread = Array.from({ length: 30 }, (_, i) => `fragment f${i} on Bed { ...f${i + 1} ...f${i + 1} }`).join(' ');
  it.each<[string, unknown, string, number]>([
    ['what is no JSON', '{', 'gateway.query-unreadable', 400],
    ['what has no query', { query: 7 }, 'gateway.query-unreadable', 400],
    ['an empty query', { query: '' }, 'gateway.query-unreadable', 400],
    ['no object', 7, 'gateway.query-unreadable', 400],
    ['nothing', null, 'gateway.query-unreadable', 400],
    ['variables in a list', { query: '{ rain }', variables: [1] }, 'gateway.query-unreadable', 400],
    ['a name that is no text', { query: '{ rain }', operationName: {} }, 'gateway.query-unreadable', 400],
    ['extensions that are text', { query: '{ rain }', extensions: 'x' }, 'gateway.query-unreadable', 400],
    ['an id of many letters', { documentId: 'x'.repeat(201) }, 'gateway.query-unreadable', 400],
    ['what is no GraphQL', { query: '{ beds' }, 'gateway.query-unreadable', 400],
    ['several operations at once', [{ query: '{ rain }' }], 'gateway.query-batched', 400],
    ['fields that do not exist', { query: '{ tractors }' }, 'gateway.query-invalid', 400],
    [
      'a document of two operations without a name',
      { query: 'query a { beds { name } } query b { beds { name } }' },
      'gateway.query-unreadable',
      400,
    ],
    [
      'queries that nest too deep',
      { query: `{ beds { ${'within { '.repeat(14)} name ${'}'.repeat(15)} }` },
      'gateway.query-too-deep',
      400,
    ],
    ['lists of lists of lists', { query: nested(13) }, 'gateway.query-too-costly', 400],
    ['long lists of lists', { query: '{ beds(first: 100000) { beds { name } } }' }, 'gateway.query-too-costly', 400],
    [
      'too many aliases',
      { query: `{ ${Array.from({ length: 41 }, (_, i) => `a${i}: beds { name }`).join(' ')} }` },
      'gateway.query-too-broad',
      400,
    ],
    ['too many fields in one place', { query: `{ ${'beds { name } '.repeat(81)} }` }, 'gateway.query-too-broad', 400],
    [
      'too many directives',
      { query: `{ beds ${'@include(if: true) '.repeat(41)} { name } }` },
      'gateway.query-too-broad',
      400,
    ],
    ['too many words', { query: `{ beds { ${'name '.repeat(4001)} } }` }, 'gateway.query-unreadable', 400],
    [
      'fragments that go round',
      { query: '{ beds { ...a } } fragment a on Bed { ...a }' },
      'gateway.query-invalid',
      400,
    ],
    [
      'fragments that double',
      { query: `{ beds { ...f0 } } ${spread} fragment f30 on Bed { name }` },
      'gateway.query-too-broad',
      400,
    ],
    ['a body that is too large', { query: '{ rain }', variables: { x: 'x'.repeat(300_000) } }, 'too-large', 413],
  ])('refuses %s', async (_, body, code, status) => {
    const answer = await ask(await start(['garden', garden()]), body);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ errors: [{ extensions: { code, status, requestId: 'req_1' } }] });
    expect(answer.json.data).toBeUndefined();
  });

  it('ends when the asker goes away', async () => {
    const on = await start(['garden', garden()]);
    const gone = new AbortController();
    gone.abort();
    const answer = await on.handle(
      { body: JSON.stringify({ query: '{ beds { name } }' }), caller: ada, headers: {} },
      gone,
    );
    expect(answer.status).toBe(499);
  });
});
