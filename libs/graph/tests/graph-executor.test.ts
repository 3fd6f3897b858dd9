import type { Access } from '@steading/access';
import { type Caller, createLog, kitErrors } from '@steading/kit';
import { execute, getIntrospectionQuery, parse } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { open, privilege } from '#src/field-access.ts';
import { createGraphExecutor, type GraphExecutor } from '#src/graph-executor.ts';
import type { GraphContext, Subgraph } from '#src/subgraph.ts';
import { createSubgraphBuilder, finish, reference } from '#src/subgraph-builder.ts';

const log = createLog({ level: 'silent' });
const ada: Caller = { kind: 'user', principal: 'user:usr_ada', requestId: 'req_1' };
const open_ = open('a test');
const people = new Map([
  ['usr_ada', 'Ada'],
  ['usr_bo', 'Bo'],
]);
const access = {
  revision: 1,
  async require(_caller: Caller, _privilege: string, node: string) {
    if (node === 'usr_hidden') throw kitErrors('forbidden', { why: 'It is hidden.' });
  },
} as unknown as Access;

function identity(): Subgraph {
  const builder = createSubgraphBuilder({ service: 'identity', log, access });
  const Person = builder.objectRef<{ id: string; name: string }>('Person').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name'),
      email: t.string({
        nullable: true,
        resolve: () => {
          throw kitErrors('forbidden', { why: 'It is theirs.' });
        },
      }),
    }),
  });
  builder.asEntity(Person, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: reference(
      builder,
      privilege('person.read', (key) => key.id),
      ({ id }) => ({ id, name: people.get(id)! }),
    ),
  });
  builder.queryField('viewer', (t) =>
    t.field({ type: Person, access: open_, resolve: () => ({ id: 'usr_ada', name: 'Ada' }) }),
  );
  return finish(builder);
}

function spaces(): Subgraph {
  const builder = createSubgraphBuilder({ service: 'spaces', log, access });
  const Person = builder.externalRef('Person', builder.selection<{ id: string }>('id')).implement({
    externalFields: (t) => ({ id: t.id({ nullable: false }) }),
    fields: (t) => ({
      spaces: t.field({ type: [Space], resolve: (person) => gardens.filter((one) => one.owner === person.id) }),
    }),
  });
  const Space = builder.objectRef<(typeof gardens)[number]>('Space');
  Space.implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      owner: t.field({ type: Person, resolve: (space) => ({ id: space.owner }) }),
      keeper: t.field({ type: Person, nullable: true, resolve: (space) => ({ id: space.owner }) }),
    }),
  });
  builder.queryField('spaces', (t) => t.field({ type: [Space], access: open_, resolve: () => gardens }));
  builder.queryField('space', (t) =>
    t.field({
      type: Space,
      nullable: true,
      args: { id: t.arg.id({ required: true }) },
      access: open_,
      resolve: (_root, { id }) => gardens.find((space) => space.id === id) ?? hidden,
    }),
  );
  builder.queryField('secrets', (t) =>
    t.string({ nullable: false, access: privilege('space.read', 'usr_hidden'), resolve: () => 'secret' }),
  );
  builder.mutationField('note', (t) =>
    t.string({
      args: { text: t.arg.string({ required: true }), at: t.arg({ type: 'DateTime' }), any: t.arg({ type: 'JSON' }) },
      access: open_,
      resolve: (_root, { text, at, any }) => {
        notes.push(text);
        return `${text} ${at?.toISOString() ?? ''} ${JSON.stringify(any)}`;
      },
    }),
  );
  return finish(builder);
}

const gardens = [
  { id: 'spc_1', owner: 'usr_ada' },
  { id: 'spc_2', owner: 'usr_bo' },
  { id: 'spc_3', owner: 'usr_ada' },
];
const hidden = { id: 'spc_4', owner: 'usr_hidden' };
const notes: string[] = [];

describe('the executor', () => {
  const subgraphs = new Map<string, Subgraph>([
    ['identity', identity()],
    ['spaces', spaces()],
  ]);
  const calls: { service: string; variables: unknown }[] = [];
  let down = '';
  let executor: GraphExecutor;

  beforeAll(async () => {
    executor = createGraphExecutor({
      async call(service, { document, variables }, contextValue) {
        calls.push({ service, variables });
        if (down === service) throw kitErrors('unavailable', { what: `The ${service} service` });
        const { schema } = subgraphs.get(service)!;
        return execute({ schema, document, contextValue, ...(variables ? { variableValues: variables } : {}) });
      },
    });
    const set = await executor.setSubgraphs([...subgraphs].map(([name, { sdl }]) => ({ name, sdl })));
    expect(set).toEqual({ ok: true });
  });

  async function ask(source: string, variables?: Record<string, unknown>) {
    calls.length = 0;
    const context: GraphContext = {
      caller: ada,
      signal: new AbortController().signal,
      loaders: { get: (_key, make) => make() },
      noteRevision: () => {},
    };
    const { data, errors } = await executor.execute({ document: parse(source), variables }, context);
    const result = { ...(data !== undefined && { data: JSON.parse(data) }), ...(errors.length > 0 && { errors }) };
    return JSON.parse(JSON.stringify(result)) as { data: unknown; errors?: unknown[] };
  }

  it('joins what two services know of a thing, and asks for each thing once', async () => {
    const result = await ask('{ spaces { id owner { name } } }');
    expect(result).toEqual({
      data: {
        spaces: [
          { id: 'spc_1', owner: { name: 'Ada' } },
          { id: 'spc_2', owner: { name: 'Bo' } },
          { id: 'spc_3', owner: { name: 'Ada' } },
        ],
      },
    });
    expect(calls.map((call) => call.service)).toEqual(['spaces', 'identity']);
    expect(calls[1]?.variables).toMatchObject({ representations: [{ id: 'usr_ada' }, { id: 'usr_bo' }] });
  });

  it('follows a thing back and forth', async () => {
    const result = await ask('{ viewer { name spaces { id owner { name } } } }');
    expect(result.data).toEqual({
      viewer: {
        name: 'Ada',
        spaces: [
          { id: 'spc_1', owner: { name: 'Ada' } },
          { id: 'spc_3', owner: { name: 'Ada' } },
        ],
      },
    });
  });

  it('keeps aliases, fragments, conditions and type names', async () => {
    const source = `
      query ($yes: Boolean!, $no: Boolean!) {
        me: viewer { ...named calledBy: name __typename email @include(if: $no) }
        __typename
        spaces @skip(if: $yes) { id }
      }
      fragment named on Person { id }`;
    const result = await ask(source, { yes: true, no: false });
    expect(result).toEqual({
      data: { me: { id: 'usr_ada', calledBy: 'Ada', __typename: 'Person' }, __typename: 'Query' },
    });
  });

  it('gives the same field twice with different arguments', async () => {
    const result = await ask('{ a: space(id: "spc_1") { id } b: space(id: "spc_2") { id owner { name } } }');
    expect(result.data).toEqual({ a: { id: 'spc_1' }, b: { id: 'spc_2', owner: { name: 'Bo' } } });
  });

  it('puts an error at its place, and null where that is allowed', async () => {
    const result = await ask('{ viewer { name email } }');
    expect(result.data).toEqual({ viewer: { name: 'Ada', email: null } });
    expect(result.errors).toMatchObject([
      { path: ['viewer', 'email'], extensions: { code: 'forbidden', requestId: 'req_1' } },
    ]);
  });

  it('lets the null of something refused rise to the next place that may be null', async () => {
    const nullable = await ask('{ space(id: "spc_4") { id keeper { name } } }');
    expect(nullable.data).toEqual({ space: { id: 'spc_4', keeper: null } });
    expect(nullable.errors).toMatchObject([{ extensions: { code: 'forbidden' } }]);
    const strict = await ask('{ space(id: "spc_4") { id owner { name } } }');
    expect(strict.data).toEqual({ space: null });
    expect(strict.errors).toMatchObject([{ extensions: { code: 'forbidden' } }]);
  });

  it('gives a field that was lost with its neighbour the neighbour’s reason', async () => {
    const result = await ask('{ spaces { id } secrets }');
    expect(result.data).toBeNull();
    expect(result.errors?.length).toBeGreaterThan(0);
    for (const error of result.errors ?? []) expect(error).toMatchObject({ extensions: { code: 'forbidden' } });
  });

  it('answers what it can while a service is down', async () => {
    down = 'identity';
    const result = await ask('{ spaces { id keeper { id name } } }');
    down = '';
    expect(result.data).toMatchObject({ spaces: [{ id: 'spc_1', keeper: null }, { id: 'spc_2' }, { id: 'spc_3' }] });
    expect(result.errors?.[0]).toMatchObject({ extensions: { code: 'unavailable', status: 503 } });
  });

  it('runs mutations one after another, with every kind of argument', async () => {
    const source = `mutation ($at: DateTime, $any: JSON) {
      first: note(text: "a", at: $at, any: $any) second: note(text: "b") third: note(text: "c") }`;
    const result = await ask(source, { at: '2026-01-31T12:00:00Z', any: { deep: [1, null] } });
    expect(result.errors).toBeUndefined();
    expect(result.data).toMatchObject({ first: 'a 2026-01-31T12:00:00.000Z {"deep":[1,null]}' });
    expect(notes).toEqual(['a', 'b', 'c']);
  });

  it('refuses variables that do not fit before anybody is asked', async () => {
    const result = await ask('query ($id: ID!) { space(id: $id) { id } }', {});
    expect(result.errors).toMatchObject([{ extensions: { code: 'bad-input' } }]);
    expect(calls).toEqual([]);
  });

  it('refuses an alias that no object can have as its own', async () => {
    await expect(ask('{ viewer { __proto__: id } }')).rejects.toThrow('may not be called __proto__');
  });

  it('answers questions about the schema itself, without anything of federation', async () => {
    const result = await ask('{ __schema { queryType { fields { name } } } viewer { id } }');
    const { __schema, viewer } = result.data as {
      __schema: { queryType: { fields: { name: string }[] } };
      viewer: unknown;
    };
    expect(__schema.queryType.fields.map((field) => field.name).sort()).toEqual([
      'secrets',
      'space',
      'spaces',
      'viewer',
    ]);
    expect(viewer).toEqual({ id: 'usr_ada' });
    expect((await ask(getIntrospectionQuery())).errors).toBeUndefined();
    expect(executor.publicSdl).not.toMatch(/_entities|@key|join__/);
  });

  it('keeps the old supergraph where new subgraphs do not fit together', async () => {
    const bad = [
      { name: 'a', sdl: 'type Query { x: Int }' },
      { name: 'b', sdl: 'type Query { x: String }' },
    ];
    const set = await executor.setSubgraphs(bad);
    expect(set).toMatchObject({ problem: expect.stringMatching(/Query\.x/) });
    expect((await ask('{ viewer { name } }')).data).toEqual({ viewer: { name: 'Ada' } });
  });
});
