/** The executor as those who use it see it: subgraphs in, an operation, an answer out. */
import type { Caller } from '@steading/kit';
import { type DocumentNode, type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql';
import { createGraphExecutor, type GraphAnswer } from '#src/graph-executor.ts';
import type { GraphContext } from '#src/subgraph.ts';
import { createSubgraphRunner } from '#src/subgraph-runner.ts';

export interface HarnessSubgraph {
  readonly name: string;
  readonly sdl: string;
  readonly schema: GraphQLSchema;
}

export interface Asked {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
}

/** What a subgraph was asked, in the order of asking. */
export interface Call {
  readonly service: string;
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface Graph {
  readonly publicSdl: string;
  readonly schema: GraphQLSchema;
  /** Resolvers get what is `extra` in their context. */
  ask(asked: Asked, extra?: object): Promise<GraphAnswer>;
  readonly calls: Call[];
}

export interface HarnessOptions {
  /** As `createSubgraphRunner` takes it; default: never, so that graphql-js interprets. */
  readonly compiledAtUse?: number;
  /** Subgraphs that do not answer. */
  readonly down?: ReadonlySet<string>;
}

const caller: Caller = { kind: 'user', principal: 'user:usr_1', requestId: 'req_1' };

/** Starts an executor over these subgraphs, or says why they do not fit together. */
export async function startGraph(
  subgraphs: readonly HarnessSubgraph[],
  options: HarnessOptions = {},
): Promise<Graph | { problem: string }> {
  const { compiledAtUse = Number.POSITIVE_INFINITY, down } = options;
  const runners = new Map(subgraphs.map(({ name, schema }) => [name, createSubgraphRunner(schema, { compiledAtUse })]));
  const calls: Call[] = [];
  const executor = createGraphExecutor({
    async call(service, operation, context): Promise<ExecutionResult> {
      calls.push({ service, document: operation.document, variables: operation.variables ?? {} });
      if (down?.has(service)) throw new GraphQLError(`${service} is down`);
      return runners.get(service)!(operation, context);
    },
  });
  const set = await executor.setSubgraphs(subgraphs.map(({ name, sdl }) => ({ name, sdl })));
  if ('problem' in set) return set;
  return {
    publicSdl: executor.publicSdl!,
    schema: executor.schema!,
    calls,
    ask(asked, extra = {}) {
      calls.length = 0;
      const context: GraphContext = {
        caller,
        signal: new AbortController().signal,
        loaders: { get: (_key, make) => make() },
        noteRevision: () => {},
        ...extra,
      };
      return executor.execute(asked, context);
    },
  };
}
