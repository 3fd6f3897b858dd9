import type { Access } from '@steading/access';
import { anonymous, type Caller, createLog, defineErrors, kitErrors } from '@steading/kit';
import { graphql } from 'graphql';
import { describe, expect, it } from 'vitest';
import { open, privilege, signedIn } from '#src/field-access.ts';
import type { GraphContext } from '#src/subgraph.ts';
import { createSubgraphBuilder, finish, reference } from '#src/subgraph-builder.ts';
import { composeSubgraphs } from '#src/supergraph.ts';

const fail = defineErrors({ 'spaces.name-taken': { status: 409, text: '{name} is taken.' } });
const ada: Caller = { kind: 'user', principal: 'user:usr_ada', requestId: 'req_1' };
const log = createLog({ level: 'silent' });

/** Answers by a list of what is allowed; says what it was asked. */
function accessOf(allowed: readonly string[]) {
  const asked: string[] = [];
  const access = {
    revision: 42,
    async require(_caller: Caller, name: string, node: string) {
      asked.push(`${name} ${node}`);
      if (!allowed.includes(`${name} ${node}`)) throw kitErrors('forbidden', { why: '' });
    },
  } as unknown as Access;
  return { access, asked };
}

function contextOf(caller: Caller) {
  const noted: number[] = [];
  const context: GraphContext = {
    caller,
    signal: new AbortController().signal,
    loaders: { get: (_key, make) => make() },
    noteRevision: (revision) => noted.push(revision),
  };
  return { context, noted };
}

interface Space {
  readonly id: string;
  readonly name: string;
}

function gardenGraph(access: Access) {
  const builder = createSubgraphBuilder({ service: 'spaces', log, access });
  const SpaceRef = builder.objectRef<Space>('Space').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name'),
      secret: t.string({
        access: privilege('space.update', (_args, parent: Space) => parent.id),
        resolve: () => 'under the mat',
      }),
    }),
  });
  builder.asEntity(SpaceRef, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: reference(
      builder,
      privilege('space.read', (key) => key.id),
      (key) => ({ id: key.id, name: 'Garden' }),
    ),
  });
  builder.queryField('space', (t) =>
    t.field({
      type: SpaceRef,
      args: { id: t.arg.id({ required: true }) },
      access: (args) => privilege('space.read', args.id),
      resolve: (_root, args) => ({ id: args.id, name: 'Garden' }),
    }),
  );
  builder.queryField('now', (t) =>
    t.field({ type: 'DateTime', access: open('says nothing of anybody'), resolve: () => new Date(0) }),
  );
  builder.queryField('mine', (t) => t.string({ access: signedIn(), resolve: () => 'yours' }));
  builder.mutationField('createSpace', (t) =>
    t.field({
      type: SpaceRef,
      args: { name: t.arg.string({ required: true }) },
      access: signedIn(),
      resolve: (_root, { name }) => {
        if (name === 'taken') throw fail('spaces.name-taken', { name });
        if (name === 'bug') throw new Error('select password from people');
        return { id: 'spc_1', name };
      },
    }),
  );
  return finish(builder);
}

function ask(source: string, { caller = ada, allowed = [] as string[] } = {}) {
  const { access, asked } = accessOf(allowed);
  const { context, noted } = contextOf(caller);
  const run = graphql({ schema: gardenGraph(access).schema, source, contextValue: context });
  return run.then((result) => ({ ...(JSON.parse(JSON.stringify(result)) as typeof result), asked, noted }));
}

describe('the subgraph builder', () => {
  it('gives SDL with the directives of federation', () => {
    const { sdl } = gardenGraph(accessOf([]).access);
    expect(sdl).toMatch(/type Space\s+@key\(fields: "id"\)/);
    expect(sdl).toContain('scalar DateTime');
  });

  it('takes types that several services declare', () => {
    const builder = createSubgraphBuilder({ service: 'spaces', log, access: accessOf([]).access });
    const Step = builder
      .objectRef<Space>('Step')
      .implement({ shareable: true, fields: (t) => ({ id: t.exposeID('id') }) });
    builder.queryField('steps', (t) => t.field({ type: [Step], access: signedIn(), resolve: () => [] }));
    expect(finish(builder).sdl).toMatch(/type Step\s+@shareable/);
  });

  it('says of types and fields what others must know, and composes', async () => {
    const builder = createSubgraphBuilder({ service: 'spaces', log, access: accessOf([]).access });
    const key = (text: 'id' | 'name') => builder.selection<Space>(text as never);
    const Bed = builder.objectRef<Space>('Bed').implement({
      fields: (t) => ({
        id: t.exposeID('id', { inaccessible: true }),
        name: t.exposeString('name', { override: { from: 'old' } }),
      }),
    });
    builder.asEntity(Bed, { key: [key('id'), builder.keyDirective(key('name'), false)], resolveReference: () => null });
    const Person = builder.externalRef('Person', builder.selection<{ id: string }>('id')).implement({
      externalFields: (t) => ({ id: t.id(), born: t.int() }),
      fields: (t) => ({ age: t.int({ requires: builder.selection<{ born: number }>('born'), resolve: () => 7 }) }),
    });
    builder.queryField('bed', (t) =>
      t.field({ type: Bed, access: signedIn(), resolve: () => ({ id: '1', name: '' }) }),
    );
    builder.queryField('who', (t) =>
      t.field({ type: Person, access: signedIn(), resolve: () => ({ id: '1' }) as never }),
    );
    const { schema, sdl } = finish(builder);
    expect(sdl).toContain('type Bed @key(fields: "id") @key(fields: "name", resolvable: false) {');
    expect(sdl).toContain('id: ID! @inaccessible');
    expect(sdl).toContain('name: String! @override(from: "old")');
    expect(sdl).toContain('type Person @key(fields: "id") @extends {');
    expect(sdl).toContain('born: Int! @external');
    expect(sdl).toContain('age: Int! @requires(fields: "born")');
    expect(sdl).not.toMatch(/_entities|_service|_Any|_Entity/);
    expect(String(schema.getQueryType()?.getFields()._entities?.type)).toBe('[_Entity]!');
    const others = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key"])';
    const people = `${others} type Query { all: Int } type Person @key(fields: "id") { id: ID! born: Int! }`;
    expect(
      await composeSubgraphs([
        { name: 'spaces', sdl },
        { name: 'people', sdl: people },
      ]),
    ).toHaveProperty('ok');
  });

  it('refuses what it would have to leave out', () => {
    const builder = createSubgraphBuilder({ service: 'spaces', log, access: accessOf([]).access });
    const Bed = builder.objectRef<Space>('Bed').implement({ tag: 'x', fields: (t) => ({ id: t.exposeID('id') }) });
    builder.queryField('beds', (t) => t.field({ type: [Bed], access: signedIn(), resolve: () => [] }));
    expect(() => finish(builder)).toThrow(/has no tag/);
  });

  it('does not build a root field that does not say who may have it', () => {
    const builder = createSubgraphBuilder({ service: 'spaces', log, access: accessOf([]).access });
    // @ts-expect-error access is required
    builder.queryField('everything', (t) => t.string({ resolve: () => '' }));
    expect(() => finish(builder)).toThrow(/Query\.everything does not declare its access/);
  });

  it('asks the forest with the node that the arguments name, and answers', async () => {
    const result = await ask('{ space(id: "spc_1") { name } }', { allowed: ['space.read spc_1'] });
    expect(result.data).toEqual({ space: { name: 'Garden' } });
    expect(result.asked).toEqual(['space.read spc_1']);
  });

  it('refuses with the code, status and request id where the forest does', async () => {
    const result = await ask('{ space(id: "spc_1") { name } }');
    expect(result.data).toBeNull();
    expect(result.errors).toMatchObject([{ extensions: { code: 'forbidden', status: 403, requestId: 'req_1' } }]);
  });

  it('asks for a field of an object too, with its parent', async () => {
    const result = await ask('{ space(id: "spc_1") { secret } }', { allowed: ['space.read spc_1'] });
    expect(result.asked).toEqual(['space.read spc_1', 'space.update spc_1']);
    expect(result.errors).toMatchObject([{ extensions: { code: 'forbidden' } }]);
  });

  it('asks before it resolves a reference', async () => {
    const source = '{ _entities(representations: [{ __typename: "Space", id: "spc_1" }]) { ... on Space { name } } }';
    expect(await ask(source)).toMatchObject({
      data: { _entities: [null] },
      errors: [{ extensions: { code: 'forbidden' } }],
      asked: ['space.read spc_1'],
    });
    const result = await ask(source, { allowed: ['space.read spc_1'] });
    expect(result.data).toEqual({ _entities: [{ name: 'Garden' }] });
  });

  it('lets nobody in who is not signed in, but for what is open', async () => {
    const result = await ask('{ now }', { caller: anonymous('req_2') });
    expect(result.data).toEqual({ now: '1970-01-01T00:00:00.000Z' });
    const refused = await ask('{ mine }', { caller: anonymous('req_2') });
    expect(refused.errors).toMatchObject([{ extensions: { code: 'unauthenticated', status: 401 } }]);
  });

  it('notes the forest revision of a mutation, and none for a query', async () => {
    expect((await ask('mutation { createSpace(name: "Garden") { id } }')).noted).toEqual([42]);
    expect((await ask('{ now }')).noted).toEqual([]);
  });

  it('shows catalogue errors and hides all others', async () => {
    const taken = await ask('mutation { createSpace(name: "taken") { id } }');
    expect(taken.errors).toMatchObject([
      {
        message: 'taken is taken.',
        extensions: { code: 'spaces.name-taken', status: 409, details: { name: 'taken' } },
      },
    ]);
    const hidden = await ask('mutation { createSpace(name: "bug") { id } }');
    expect(JSON.stringify(hidden)).not.toContain('password');
    expect(hidden.errors).toMatchObject([{ extensions: { code: 'internal', requestId: 'req_1' } }]);
  });
});
