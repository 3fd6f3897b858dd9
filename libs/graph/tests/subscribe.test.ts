import type { Access } from '@steading/access';
import { type Caller, createLog, kitErrors } from '@steading/kit';
import { parse } from 'graphql';
import { beforeEach, describe, expect, it } from 'vitest';
import { open, privilege } from '#src/field-access.ts';
import { createGraphExecutor, type GraphAnswer, type GraphExecutor } from '#src/graph-executor.ts';
import { createLoaders } from '#src/loaders.ts';
import type { Subgraph } from '#src/subgraph.ts';
import { createSubgraphBuilder, finish, reference } from '#src/subgraph-builder.ts';
import { createSubgraphRunner } from '#src/subgraph-runner.ts';
import { createSubgraphSubscriber } from '#src/subgraph-subscriber.ts';
import { subscriptionProblem } from '#src/subscription-root.ts';

const log = createLog({ level: 'silent' });
const ada: Caller = { kind: 'user', principal: 'user:usr_ada', requestId: 'req_1' };
const forbidden = kitErrors('forbidden', { why: 'It is theirs.' });

let refused: Set<string>;
let watchers: Set<() => void>;
let checks: string[];
const access = {
  revision: 1,
  require(_caller: Caller, name: string, node: string) {
    checks.push(`${name} ${node}`);
    if (refused.has(node)) throw forbidden;
  },
  onChange(call: () => void) {
    watchers.add(call);
    return { stop: () => void watchers.delete(call) };
  },
} as unknown as Access;

/** Events that a test gives one by one; `undefined` waits for ever, an error is thrown. */
let plantings: (Planting | Error)[];
let taken: number;
let left: boolean;

interface Planting {
  readonly bed: string;
  readonly gardener: string;
}

async function* planted(): AsyncGenerator<Planting> {
  try {
    for (const next of plantings) {
      taken++;
      if (next instanceof Error) throw next;
      yield next;
    }
    if (forever) await new Promise(() => {});
  } finally {
    left = true;
  }
}
let forever: boolean;

function garden(): Subgraph {
  const builder = createSubgraphBuilder({ service: 'garden', log, access });
  const Person = builder
    .externalRef('Person', builder.selection<{ id: string }>('id'))
    .implement({ externalFields: (t) => ({ id: t.id({ nullable: false }) }) });
  const Planting = builder.objectRef<Planting>('Planting').implement({
    fields: (t) => ({
      bed: t.exposeString('bed'),
      gardener: t.field({ type: Person, resolve: (event) => ({ id: event.gardener }) }),
      helper: t.field({ type: Person, nullable: true, resolve: (event) => ({ id: event.gardener }) }),
      twice: t.int({
        resolve: (_event, _args, context) => ++context.loaders.get('count', () => ({ seen: 0 })).seen,
      }),
    }),
  });
  builder.queryField('beds', (t) => t.int({ access: open('a test'), resolve: () => 1 }));
  builder.subscriptionFields((t) => ({
    planted: t.field({
      type: Planting,
      args: { garden: t.arg.id({ required: true }) },
      access: (args) => privilege('garden.read', args.garden),
      subscribe: () => planted(),
      resolve: (event) => event,
    }),
    rained: t.int({
      nullable: true,
      args: { months: t.arg.intList() },
      access: open('a test'),
      subscribe: async function* (_root, { months }) {
        yield* months ?? [];
      },
      resolve: (month) => {
        if (month === 2) throw forbidden;
        return month;
      },
    }),
  }));
  return finish(builder);
}

function people(): Subgraph {
  const builder = createSubgraphBuilder({ service: 'people', log, access });
  const Person = builder.objectRef<{ id: string }>('Person').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.string({
        resolve: ({ id }) => (id === 'usr_slow' ? new Promise<string>(() => {}) : id.replace('usr_', '')),
      }),
    }),
  });
  builder.asEntity(Person, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: reference(
      builder,
      privilege('person.read', (key) => key.id),
      ({ id }) => ({ id }),
    ),
  });
  builder.queryField('person', (t) => t.field({ type: Person, access: open('a test'), resolve: () => ({ id: 'x' }) }));
  return finish(builder);
}

const subgraphs = new Map([
  ['garden', garden()],
  ['people', people()],
]);
const runners = new Map([...subgraphs].map(([name, { schema }]) => [name, createSubgraphRunner(schema)]));
const subscribers = new Map([...subgraphs].map(([name, { schema }]) => [name, createSubgraphSubscriber(schema)]));

describe('a subscription', () => {
  let executor: GraphExecutor;
  let stop: AbortController;

  beforeEach(async () => {
    refused = new Set();
    watchers = new Set();
    checks = [];
    plantings = [];
    taken = 0;
    left = false;
    forever = false;
    stop = new AbortController();
    executor = createGraphExecutor({
      call: (service, operation, context) => runners.get(service)!(operation, context),
      subscribe: (service, operation, context) => subscribers.get(service)!(operation, context),
      eventTimeoutMs: 200,
    });
    const list = [...subgraphs].map(([name, { sdl }]) => ({ name, sdl }));
    expect(await executor.setSubgraphs(list)).toEqual({ ok: true });
  });

  const subscribe = (source: string, variables?: Record<string, unknown>) =>
    executor.subscribe(
      { document: parse(source), variables },
      { caller: ada, signal: stop.signal, loaders: createLoaders(), noteRevision: () => {} },
    );
  const shown = ({ data, errors }: GraphAnswer): unknown =>
    JSON.parse(JSON.stringify({ data: data && JSON.parse(data), ...(errors.length > 0 && { errors }) }));
  const all = async (source: string, variables?: Record<string, unknown>) => {
    const seen: unknown[] = [];
    for await (const answer of await subscribe(source, variables)) seen.push(shown(answer));
    return seen;
  };
  const watch = 'subscription { planted(garden: "grd_1") { bed gardener { id name } } }';

  it('answers each event with what other services know of the things in it, and ends with its source', async () => {
    plantings = [
      { bed: 'roses', gardener: 'usr_ada' },
      { bed: 'peas', gardener: 'usr_bo' },
    ];
    expect(await all(watch)).toEqual([
      { data: { planted: { bed: 'roses', gardener: { id: 'usr_ada', name: 'ada' } } } },
      { data: { planted: { bed: 'peas', gardener: { id: 'usr_bo', name: 'bo' } } } },
    ]);
    expect(left).toBe(true);
    expect(watchers.size).toBe(0);
  });

  it('takes aliases, fragments, variables and conditions below its root', async () => {
    plantings = [{ bed: 'roses', gardener: 'usr_ada' }];
    const source = `subscription Watch($garden: ID!, $names: Boolean!) { now: planted(garden: $garden) { ...P } }
      fragment P on Planting { __typename where: bed gardener { name @include(if: $names) id @skip(if: $names) } }`;
    expect(await all(source, { garden: 'grd_1', names: true })).toEqual([
      { data: { now: { __typename: 'Planting', where: 'roses', gardener: { name: 'ada' } } } },
    ]);
    expect(await all(source, { garden: 'grd_1', names: false })).toEqual([
      { data: { now: { __typename: 'Planting', where: 'roses', gardener: { id: 'usr_ada' } } } },
    ]);
    await expect(subscribe(source, { names: true })).rejects.toMatchObject({ extensions: { code: 'bad-input' } });
  });

  it('gives every event a memory of its own', async () => {
    plantings = [
      { bed: 'roses', gardener: 'usr_ada' },
      { bed: 'peas', gardener: 'usr_ada' },
    ];
    expect(await all('subscription { planted(garden: "grd_1") { twice } }')).toEqual([
      { data: { planted: { twice: 1 } } },
      { data: { planted: { twice: 1 } } },
    ]);
  });

  it('tells errors at their place in an answer, and goes on', async () => {
    refused.add('usr_bo');
    plantings = ['usr_ada', 'usr_bo', 'usr_cy'].map((gardener) => ({ bed: 'roses', gardener }));
    const seen = await all('subscription { planted(garden: "grd_1") { bed helper { name } } }');
    expect(seen).toMatchObject([
      { data: { planted: { bed: 'roses', helper: { name: 'ada' } } } },
      {
        data: { planted: { bed: 'roses', helper: null } },
        errors: [{ path: ['planted', 'helper'], extensions: { code: 'forbidden', requestId: 'req_1' } }],
      },
      { data: { planted: { bed: 'roses', helper: { name: 'cy' } } } },
    ]);
    expect(await all('subscription { rain: rained(months: [1, 2, 3]) }')).toMatchObject([
      { data: { rain: 1 } },
      { data: { rain: null }, errors: [{ path: ['rain'], extensions: { code: 'forbidden' } }] },
      { data: { rain: 3 } },
    ]);
  });

  it('is refused before its source is opened', async () => {
    refused.add('grd_1');
    await expect(subscribe(watch)).rejects.toMatchObject({ extensions: { code: 'forbidden', requestId: 'req_1' } });
    expect({ taken, watchers: watchers.size }).toEqual({ taken: 0, watchers: 0 });
  });

  it('asks the forest for every event, and ends with the reason when it says no', async () => {
    plantings = ['usr_ada', 'usr_bo', 'usr_cy'].map((gardener) => ({ bed: 'roses', gardener }));
    const seen: unknown[] = [];
    const read = async () => {
      for await (const answer of await subscribe(watch)) {
        seen.push(shown(answer));
        refused.add('grd_1');
      }
    };
    await expect(read()).rejects.toMatchObject({ extensions: { code: 'forbidden', requestId: 'req_1' } });
    expect(seen).toHaveLength(1);
    expect({ left, watchers: watchers.size }).toEqual({ left: true, watchers: 0 });
  });

  it('ends when the forest says no, although no event comes', async () => {
    forever = true;
    const answers = (await subscribe(watch))[Symbol.asyncIterator]();
    const next = answers.next();
    next.catch(() => {});
    await until(() => watchers.size === 1);
    for (const call of watchers) call();
    refused.add('grd_1');
    for (const call of watchers) call();
    await expect(next).rejects.toMatchObject({ extensions: { code: 'forbidden' } });
    expect(watchers.size).toBe(0);
  });

  it('ends at once when its signal aborts, although its source waits', async () => {
    forever = true;
    plantings = [{ bed: 'roses', gardener: 'usr_ada' }];
    const answers = (await subscribe(watch))[Symbol.asyncIterator]();
    expect((await answers.next()).done).toBe(false);
    const next = answers.next();
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(watchers.size).toBe(0);
  });

  it('leaves its source when its reader leaves', async () => {
    forever = true;
    plantings = [{ bed: 'roses', gardener: 'usr_ada' }];
    for await (const answer of await subscribe(watch)) {
      expect(answer.errors).toEqual([]);
      break;
    }
    expect({ left, watchers: watchers.size }).toEqual({ left: true, watchers: 0 });
  });

  it('reads nothing ahead of its reader', async () => {
    plantings = Array.from({ length: 50 }, () => ({ bed: 'roses', gardener: 'usr_ada' }));
    const answers = (await subscribe(watch))[Symbol.asyncIterator]();
    await answers.next();
    await answers.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toBe(2);
    await answers.return?.();
  });

  it.each([
    ['a catalogue error', kitErrors('unavailable', { what: 'The shed' }), 'unavailable'],
    ['anything else, which stays hidden', new Error('connect postgres://hunter2'), 'internal'],
  ])('breaks off with its source by %s', async (_name, error, code) => {
    plantings = [{ bed: 'roses', gardener: 'usr_ada' }, error];
    const answers = (await subscribe(watch))[Symbol.asyncIterator]();
    expect((await answers.next()).done).toBe(false);
    await expect(answers.next()).rejects.toMatchObject({
      message: expect.not.stringContaining('hunter2') as string,
      extensions: { code },
    });
  });

  it('breaks off when the answer to an event takes too long', async () => {
    plantings = [{ bed: 'roses', gardener: 'usr_slow' }];
    await expect(all(watch)).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect(left).toBe(true);
  });

  it('finds its node in the forest once, and asks about it for each event', async () => {
    plantings = [
      { bed: 'roses', gardener: 'usr_ada' },
      { bed: 'peas', gardener: 'usr_ada' },
    ];
    await all('subscription { planted(garden: "grd_1") { bed } }');
    // Opening, starting to watch, and each event.
    expect(checks).toEqual(Array.from({ length: 4 }, () => 'garden.read grd_1'));
  });

  it('is never run as a query: its field then asks the forest as any other', async () => {
    refused.add('grd_1');
    const run = createSubgraphRunner(subgraphs.get('garden')!.schema);
    const document = parse('subscription { planted(garden: "grd_1") { bed } }');
    const context = { caller: ada, signal: stop.signal, loaders: createLoaders(), noteRevision: () => {} };
    expect((await run({ document }, context)).errors?.[0]?.extensions.code).toBe('forbidden');
  });
});

it('fails the build of a schema whose subscription does not declare its access', () => {
  const builder = createSubgraphBuilder({ service: 'garden', log, access });
  builder.subscriptionField('bare', (t) =>
    t.int({ subscribe: async function* () {}, resolve: () => 1 } as unknown as Parameters<typeof t.int>[0]),
  );
  expect(() => finish(builder)).toThrow(/Subscription.bare does not declare its access/);
});

it.each([
  ['one field', 'subscription { a }', undefined],
  ['one field in fragments', 'subscription { ...F } fragment F on Subscription { ... { a } }', undefined],
  ['conditions below', 'subscription($x: Boolean!) { a { b @skip(if: $x) } }', undefined],
  ['queries', '{ a b @skip(if: true) }', undefined],
  ['one field in two parts', 'subscription { a { b } a { c } }', undefined],
  ['two fields', 'subscription { a b }', /one root field/],
  ['a field twice by other names', 'subscription { a b: a }', /one root field/],
  ['a second field in a fragment', 'subscription { a ...F } fragment F on Subscription { b }', /one root field/],
  ['a skipped field', 'subscription { a @skip(if: false) }', /@skip/],
  ['a field included by a variable', 'subscription($x: Boolean!) { a @include(if: $x) }', /@include/],
  ['a condition on a fragment', 'subscription($x: Boolean!) { ... @include(if: $x) { a } }', /@include/],
  ['a question about the schema', 'subscription { __typename }', /about the schema/],
  ['fragments that go round', 'subscription { ...F } fragment F on Subscription { a ...F }', undefined],
])('says of a subscription with %s what is wrong with it', (_name, source, problem) => {
  if (problem) expect(subscriptionProblem(parse(source))).toMatch(problem);
  else expect(subscriptionProblem(parse(source))).toBeUndefined();
});

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 2_000; !isSo(); ) {
    if (Date.now() > end) throw new Error('it did not come to pass');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
