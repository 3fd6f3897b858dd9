import type { Access } from '@steading/access';
import { createSubgraphBuilder, finish, open, type Subgraph } from '@steading/graph';
import { type Caller, createLog, kitErrors, systemClock } from '@steading/kit';
import type { Doors, ServiceDefinition } from '@steading/service';
import { execute } from 'graphql';
import type { AppGraph } from '#src/graph/apps/app-graph.ts';
import { createGraphEndpoint, type GraphEndpoint, type GraphEndpointOptions } from '#src/graph/graph-endpoint.ts';
import type { GraphEndpointAnswer } from '#src/graph/graph-shown.ts';

const log = createLog({ level: 'silent' });
export const access = { revision: 9, require: async () => {} } as unknown as Access;
export const ada: Caller = { kind: 'user', principal: 'user:usr_ada', requestId: 'req_1' };
const everybody = open('a test');

interface Bed {
  readonly name: string;
}

/** Beds within beds without end; lists as long as they are asked for. */
export function garden(more: readonly string[] = []): Subgraph {
  const builder = createSubgraphBuilder({ service: 'garden', log, access });
  const BedType = builder.objectRef<Bed>('Bed');
  const many = (first: number | null | undefined) =>
    Array.from({ length: Math.min(first ?? 2, 5_000) }, (_, n) => ({ name: `Bed ${n}` }));
  BedType.implement({
    fields: (t) => ({
      name: t.exposeString('name'),
      beds: t.field({ type: [BedType], args: { first: t.arg.int() }, resolve: (_, { first }) => many(first) }),
      text: t.string({ resolve: () => 'x'.repeat(10_000) }),
    }),
  });
  const Page = builder.objectRef<{ first: number }>('BedPage').implement({
    fields: (t) => ({ nodes: t.field({ type: [BedType], resolve: ({ first }) => many(first) }) }),
  });
  builder.queryFields((t) => ({
    beds: t.field({
      type: [BedType],
      args: { first: t.arg.int(), ids: t.arg.idList() },
      access: everybody,
      resolve: (_, { first }) => many(first),
    }),
    bedPage: t.field({
      type: Page,
      args: { first: t.arg.int({ defaultValue: 10 }) },
      access: everybody,
      resolve: (_, { first }) => ({ first: first ?? 10 }),
    }),
    slow: t.string({
      nullable: true,
      access: everybody,
      resolve: (_, _args, { signal }) =>
        new Promise<string>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    }),
    refused: t.string({
      nullable: true,
      access: everybody,
      resolve: () => {
        throw kitErrors('forbidden', { why: 'It is theirs.' });
      },
    }),
  }));
  for (const name of more) builder.queryField(name, (t) => t.string({ access: everybody, resolve: () => name }));
  return finish(builder);
}

export function weather(): Subgraph {
  const builder = createSubgraphBuilder({ service: 'weather', log, access });
  builder.queryField('rain', (t) => t.boolean({ access: everybody, resolve: () => true }));
  return finish(builder);
}

export interface GraphHouse {
  readonly endpoint: GraphEndpoint;
  /** What the services offer now; a change is seen when they are asked again. */
  readonly up: Map<string, Subgraph>;
  ask(
    body: unknown,
    asked?: { caller?: Caller; headers?: Record<string, string>; ending?: AbortController },
  ): Promise<GraphEndpointAnswer & { readonly json: ReturnType<typeof JSON.parse> }>;
}

export interface GraphHouseOptions extends GraphEndpointOptions {
  /** Default: a garden and the weather. */
  readonly services?: Readonly<Record<string, Subgraph>>;
  readonly apps?: AppGraph;
}

/** An endpoint over services in this process. */
export async function startGraph({ services, apps, ...options }: GraphHouseOptions = {}): Promise<GraphHouse> {
  const up = new Map(Object.entries(services ?? { garden: garden(), weather: weather() }));
  const doors = {
    async sdl(name) {
      return up.get(name)?.sdl ?? '';
    },
    async graph(name, { document, variables }, contextValue) {
      const { schema } = up.get(name)!;
      return execute({ schema, document, contextValue, ...(variables && { variableValues: variables }) });
    },
  } as Doors;
  const service = (name: string): ServiceDefinition => ({ name, purpose: 'a test', graph: true, create: () => ({}) });
  const endpoint = createGraphEndpoint(
    {
      catalogue: [...up.keys()].map(service),
      doors,
      log,
      clock: systemClock,
      signal: new AbortController().signal,
    },
    {
      ...options,
      ...(apps && {
        call: apps.call((...asked) => doors.graph(...asked)),
        onChange: () => apps.statusChanged(),
      }),
    },
  );
  await endpoint.start();
  await apps?.start(endpoint);
  return {
    endpoint,
    up,
    async ask(body, { caller = ada, headers = {}, ending = new AbortController() } = {}) {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const answer = await endpoint.handle({ body: text, caller, headers }, ending);
      return { ...answer, json: JSON.parse(answer.body) };
    },
  };
}
