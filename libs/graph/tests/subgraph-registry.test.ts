import { buildSubgraphSchema } from '@apollo/subgraph';
import { byLength } from '@steading/testkit/length';
import { execute, type GraphQLSchema, parse } from 'graphql';
import { afterAll, describe, expect, it } from 'vitest';
import { createGraphExecutor } from '#src/graph-executor.ts';
import { createComposer } from '#src/live/composer.ts';
import { createSubgraphRegistry, type SubgraphRegistry } from '#src/live/subgraph-registry.ts';
import type { GraphContext } from '#src/subgraph.ts';
import { type ComposeSubgraphs, composeSubgraphs, type SubgraphSdl } from '#src/supergraph.ts';

const federated =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@external", "@requires"])\n';
const part = (name: string, sdl: string): SubgraphSdl => ({ name, sdl: federated + sdl });
const people = part(
  'people',
  'type Query { person: Person! } type Person @key(fields: "id") { id: ID! name: String! }',
);
const clash = (name: string) => part(name, 'type Query { person: String! }');
const weather = part('weather', 'type Query { rain: Boolean! }');
const snow = part('weather', 'type Query { rain: Boolean! snow: Boolean! }');
const notes = part('notes', 'type Query { notes: [String!]! }');
/** Adds a field to a type of somebody else, which is nothing without them. */
const badges = part(
  'badges',
  'type Note @key(fields: "id") { id: ID! text: String! @external badge: Int! @requires(fields: "text") }',
);
const board = part('board', 'type Query { board: [Note!]! } type Note @key(fields: "id") { id: ID! text: String! }');

const context: GraphContext = {
  caller: { kind: 'user', principal: 'user:usr_ada', requestId: 'req_1' },
  signal: new AbortController().signal,
  loaders: { get: (_key, make) => make() },
  noteRevision: () => {},
};

function start(compose: ComposeSubgraphs = composeSubgraphs) {
  const schemas = new Map<string, GraphQLSchema>();
  const executor = createGraphExecutor({
    async call(service, { document, variables }) {
      return execute({ schema: schemas.get(service)!, document, ...(variables && { variableValues: variables }) });
    },
  });
  const registry = createSubgraphRegistry({ order: ['house', 'apps'], compose, use: executor.use });
  const set = async (source: string, ...list: SubgraphSdl[]) => {
    for (const { name, sdl } of list)
      if (!/[{] *$/.test(sdl))
        schemas.set(name, buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: resolvers as never }));
    await registry.set(source, list);
  };
  const states = () => Object.fromEntries(registry.status.subgraphs.map(({ name, state }) => [name, state]));
  const fields = () => Object.keys(executor.schema?.getQueryType()?.getFields() ?? {}).sort();
  return { executor, registry, set, states, fields };
}
const resolvers = { Query: { person: () => ({ id: '1', name: 'Ada' }), rain: () => true } };

describe('the registry of subgraphs', () => {
  it('takes in what joins, changes and leaves', async () => {
    const { set, fields, states, registry } = start();
    await set('house', people);
    expect(fields()).toEqual(['person']);
    await set('house', people, weather);
    expect(fields()).toEqual(['person', 'rain']);
    await set('house', people, snow);
    expect(fields()).toEqual(['person', 'rain', 'snow']);
    await set('house', people);
    expect(fields()).toEqual(['person']);
    expect(states()).toEqual({ people: 'serving' });
    expect(registry.status.revision).toBe(4);
  });

  it('leaves out a newcomer that does not fit, says why, and takes the others in', async () => {
    const { set, fields, states, registry } = start();
    await set('house', people);
    await set('house', people, clash('odd'), weather);
    expect(fields()).toEqual(['person', 'rain']);
    expect(states()).toEqual({ people: 'serving', odd: 'refused', weather: 'serving' });
    expect(registry.status.subgraphs.find(({ name }) => name === 'odd')?.reason).toMatch(/Query\.person/);
  });

  it('keeps the part that one had whose change does not fit', async () => {
    const { set, fields, states } = start();
    await set('house', people, weather);
    await set('house', people, clash('weather'), notes);
    expect(fields()).toEqual(['notes', 'person', 'rain']);
    expect(states()).toEqual({ people: 'serving', weather: 'outdated', notes: 'serving' });
    await set('house', people, snow, notes);
    expect(fields()).toEqual(['notes', 'person', 'rain', 'snow']);
    expect(states().weather).toBe('serving');
  });

  it('finds what fits among several that do not, whatever their order', async () => {
    const { set, states } = start();
    await set('house', people);
    await set('house', people, clash('odd'), badges, clash('odder'), board, { name: 'broken', sdl: 'type {' });
    expect(states()).toEqual({
      people: 'serving',
      odd: 'refused',
      badges: 'serving',
      odder: 'refused',
      board: 'serving',
      broken: 'refused',
    });
  });

  it('tries who does not fit again only when that one changes, or whom it could depend on', async () => {
    let composed = 0;
    const { set, states, registry } = start((list) => {
      composed++;
      return composeSubgraphs(list);
    });
    const taken = async (...apps: SubgraphSdl[]) => {
      composed = 0;
      await set('apps', ...apps);
      return composed;
    };
    const poll = (field: string) => part('poll', `type Query { ${field}: Int! }`);
    await set('house', people, weather);
    await set('apps', clash('odd'), badges);
    expect(states()).toMatchObject({ odd: 'refused', badges: 'refused' });
    const why = registry.status.subgraphs.find(({ name }) => name === 'odd')?.reason;
    // Others come and change: one composition each, and the refusal stays as it was said.
    expect(await taken(clash('odd'), badges, notes)).toBe(1);
    expect(await taken(clash('odd'), badges, notes, poll('votes'))).toBe(1);
    expect(await taken(clash('odd'), badges, notes, poll('voters'))).toBe(1);
    expect(await taken(clash('odd'), badges, poll('voters'))).toBe(1);
    expect(states()).toMatchObject({ odd: 'refused', badges: 'refused', poll: 'serving' });
    expect(registry.status.subgraphs.find(({ name }) => name === 'odd')?.reason).toBe(why);
    // Whom it adds to comes.
    expect(await taken(clash('odd'), badges, poll('voters'), board)).toBeGreaterThan(0);
    expect(states()).toMatchObject({ odd: 'refused', badges: 'serving', board: 'serving' });
    // It changes itself, back to what it was, and to what fits.
    expect(await taken(part('odd', 'type Query { person: Int! }'), badges, poll('voters'), board)).toBeGreaterThan(1);
    expect(await taken(clash('odd'), badges, poll('voters'), board)).toBeGreaterThan(1);
    expect(states().odd).toBe('refused');
    expect(await taken(part('odd', 'type Query { odd: Int! }'), badges, poll('voters'), board)).toBe(1);
    expect(states().odd).toBe('serving');
  });

  it('tries who does not fit again when the house changes', async () => {
    const { set, states } = start();
    await set('house', people, weather);
    await set('apps', clash('odd'));
    expect(states().odd).toBe('refused');
    await set('house', weather);
    expect(states().odd).toBe('serving');
  });

  it('keeps the part that an app had while its change is known not to fit, and tries a thread that ended again', async () => {
    let broken = false;
    let composed = 0;
    const { set, states, fields } = start((list) => {
      composed++;
      const hasClash = list.some(({ sdl }) => sdl.includes('person: String!'));
      if (broken && hasClash) return Promise.resolve({ problem: 'The thread ended.', isPassing: true });
      return composeSubgraphs(list);
    });
    await set('house', people);
    await set('apps', part('poll', 'type Query { votes: Int! }'));
    await set('apps', clash('poll'), notes);
    expect(states().poll).toBe('outdated');
    composed = 0;
    await set('apps', clash('poll'));
    expect([composed, states().poll, fields()]).toEqual([1, 'outdated', ['person', 'votes']]);
    broken = true;
    await set('apps', clash('other'));
    expect(states()).toMatchObject({ other: 'refused' });
    broken = false;
    composed = 0;
    await set('apps', clash('other'), notes);
    expect(composed).toBeGreaterThan(1);
  });

  it('never lets a later source stand in the way of an earlier one', async () => {
    const { set, fields, states } = start();
    await set('house', people);
    await set('apps', part('poll', 'type Query { rain: String! }'), notes);
    expect(fields()).toEqual(['notes', 'person', 'rain']);
    await set('house', people, weather);
    expect(states()).toEqual({ people: 'serving', weather: 'serving', poll: 'refused', notes: 'serving' });
  });

  it('refuses a name that another source has', async () => {
    const { set, states, registry } = start();
    await set('house', people);
    await set('apps', part('people', 'type Query { mine: Int! }'));
    expect(registry.status.subgraphs.map(({ state }) => state)).toEqual(['serving', 'refused']);
    expect(registry.status.subgraphs[1]?.reason).toMatch(/belongs to a subgraph of house/);
    expect(states()).toMatchObject({ people: 'refused' });
  });

  it('drops what has lost what it stood on', async () => {
    const { set, states, fields } = start();
    await set('house', people, badges, board);
    expect(states()).toEqual({ people: 'serving', badges: 'serving', board: 'serving' });
    await set('house', people, badges);
    expect(states()).toEqual({ people: 'serving', badges: 'refused' });
    expect(fields()).toEqual(['person']);
  });

  it('takes in at once what comes while it composes, with as few compositions', async () => {
    let composed = 0;
    const { set, fields } = start((list) => {
      composed += 1;
      return composeSubgraphs(list);
    });
    await Promise.all([set('house', people), set('house', people, weather), set('house', people, weather, notes)]);
    expect(fields()).toEqual(['notes', 'person', 'rain']);
    expect(composed).toBeLessThanOrEqual(2);
  });
});

describe('changes under load', () => {
  const composer = createComposer({ idleMs: 500 });
  afterAll(() => composer.stop());

  it('loses no request and keeps no supergraph', { timeout: 600_000 }, async () => {
    const changes = byLength({ quick: 20, long: 1000 });
    const { executor, registry, set } = start(composer.compose);
    await set('house', people, weather);
    const document = parse('{ person { name } rain }');
    const load = { asked: 0, wrong: 0, over: false };
    const worker = async () => {
      while (!load.over) {
        const { data, errors } = await executor.execute({ document }, context);
        load.asked += 1;
        if (errors.length > 0 || data !== '{"person":{"name":"Ada"},"rain":true}') load.wrong += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const workers = Array.from({ length: 4 }, worker);
    const refs: WeakRef<object>[] = [];
    for (let n = 0; n < changes; n++) {
      await change(registry, n);
      refs.push(new WeakRef(executor.schema!));
    }
    load.over = true;
    await Promise.all(workers);
    console.log(
      `${changes} changes, ${load.asked} requests, ${load.wrong} wrong, revision ${registry.status.revision}`,
    );
    expect(load).toMatchObject({ wrong: 0 });
    expect(load.asked).toBeGreaterThan(changes);
    expect(await alive(refs)).toBeLessThanOrEqual(5);
  });

  function change(registry: SubgraphRegistry, n: number): Promise<void> {
    const app = part(`app${n % 7}`, `type Query { app${n % 7}: App${n} } type App${n} { id: ID! }`);
    if (n % 4 === 0) return registry.set('apps', [app]);
    if (n % 4 === 1) return registry.set('house', [people, weather, part('more', `type Query { more${n}: Int }`)]);
    if (n % 4 === 2) return registry.set('apps', [app, clash('odd')]);
    return registry.set('apps', []);
  }
});

/** How many of these are still held by something, once memory was tidied. */
async function alive(refs: readonly WeakRef<object>[]): Promise<number> {
  const { default: v8 } = await import('node:v8');
  const { default: vm } = await import('node:vm');
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  return refs.filter((ref) => ref.deref() !== undefined).length;
}
