import { kitErrors } from '@steading/kit';
import { type DocumentNode, type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { finishAnswer } from '#src/finish-answer.ts';
import { answerAboutSchema } from '#src/operation.ts';
import type { Data } from '#src/plan-data.ts';
import type { CallSubgraph, SubgraphOperation } from '#src/plan-runner.ts';
import type { GraphContext } from '#src/subgraph.ts';
import { answerEvents } from '#src/subscribe.ts';
import { composeSupergraph, type SubgraphSdl, type Supergraph } from '#src/supergraph.ts';

export interface GraphOperationText {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
}

export interface GraphAnswer {
  /** JSON text; undefined where nothing was run. */
  readonly data: string | undefined;
  /** With their paths in the answer. Not yet fit for the asker's eyes: see `toGraphError`. */
  readonly errors: readonly GraphQLError[];
}

/** One endpoint over the subgraphs of all services. */
export interface GraphExecutor {
  /** Runs a validated operation. A request keeps the supergraph that it began with. */
  execute(operation: GraphOperationText, context: GraphContext): Promise<GraphAnswer>;
  /**
   * Opens a validated subscription: an answer for each event, until the source ends or the context's signal aborts.
   * Rejects where it is refused, throws where it breaks off. It keeps the supergraph that it began with.
   */
  subscribe(operation: GraphOperationText, context: GraphContext): Promise<AsyncIterable<GraphAnswer>>;
  /** Puts these subgraphs in place of the ones before; where they do not fit together, says why and keeps the old. */
  setSubgraphs(list: readonly SubgraphSdl[]): Promise<{ readonly ok: true } | { readonly problem: string }>;
  /** Puts a supergraph that was made aside in place of the one before, at once. */
  use(next: Supergraph): void;
  /** How an operation is split, to be read by people. */
  explain(asked: GraphOperationText): unknown;
  /** The schema as people see it; undefined before the first subgraphs. For validation. */
  readonly schema: GraphQLSchema | undefined;
  readonly publicSdl: string | undefined;
}

export interface GraphExecutorOptions {
  call(
    service: string,
    operation: SubgraphOperation,
    context: GraphContext,
  ): Promise<ExecutionResult> | ExecutionResult;
  /**
   * Characters of JSON that an answer may have; default 16 000 000. Looked at while lists are written, so that an
   * answer over it is given up (`too-large`) and not kept whole first.
   */
  readonly maxAnswerLength?: number;
  /** Opens a subscription on a service's subgraph. Absent: there are none. */
  subscribe?(
    service: string,
    operation: SubgraphOperation,
    context: GraphContext,
  ): Promise<AsyncIterable<ExecutionResult>>;
  /** What the answer to one event of a subscription may take; default 20 000. */
  readonly eventTimeoutMs?: number;
}

/**
 * The executor: Hive's planner (Rust) says which subgraph is asked what and in which order; this runs the plan in the
 * process, without HTTP, delegation or plug-ins in between, and writes the answer in one pass over what came in.
 */
export function createGraphExecutor(options: GraphExecutorOptions): GraphExecutor {
  const { maxAnswerLength: maxLength = 16_000_000 } = options;
  let current: Supergraph | undefined;

  function inForce(): Supergraph {
    if (!current) throw kitErrors('unavailable', { what: 'The GraphQL endpoint' });
    return current;
  }

  async function execute(asked: GraphOperationText, context: GraphContext): Promise<GraphAnswer> {
    const supergraph = inForce();
    const { schema } = supergraph;
    const { operation, plan } = supergraph.operation(asked.document, asked.operationName);
    const given = getVariableValues(schema, operation.node.variableDefinitions ?? [], asked.variables ?? {});
    if (given.errors) return { data: undefined, errors: given.errors.map(asBadInput) };
    const variables = given.coerced;
    const planned = plan(variables);
    const data: Data = { __typename: schema.getRootType(operation.node.operation)?.name };
    const errors: GraphQLError[] = [];
    const call: CallSubgraph = (service, part) => options.call(service, part, context);
    const waited = planned.step?.({ variables, call, data, errors, kept: undefined });
    if (waited) await waited;
    const about = operation.asksAboutSchema && { aboutSchema: answerAboutSchema(schema, operation, variables) };
    return finishAnswer({ planned, data, errors, maxLength, ...about });
  }

  async function subscribe(asked: GraphOperationText, context: GraphContext): Promise<AsyncIterable<GraphAnswer>> {
    const supergraph = inForce();
    const { schema } = supergraph;
    const { operation, plan } = supergraph.operation(asked.document, asked.operationName);
    const given = getVariableValues(schema, operation.node.variableDefinitions ?? [], asked.variables ?? {});
    if (given.errors) throw asBadInput(given.errors[0]!);
    const variables = given.coerced;
    const planned = plan(variables);
    const { source } = planned;
    if (!source || !options.subscribe) throw new Error('bug: what was to be subscribed to is no subscription');
    const events = await options.subscribe(source.service, source.operation(variables), context);
    return answerEvents(events, {
      planned: { ...planned, source },
      variables,
      context,
      maxLength,
      call: (service, part, asker) => options.call(service, part, asker),
      eventTimeoutMs: options.eventTimeoutMs ?? 20_000,
    });
  }

  return {
    execute,
    subscribe,
    async setSubgraphs(list) {
      const composed = await composeSupergraph(list);
      if ('problem' in composed) return composed;
      current = composed.ok;
      return { ok: true };
    },
    use(next) {
      current = next;
    },
    explain: ({ document, variables = {}, operationName }) => current?.explain(document, variables, operationName),
    get schema() {
      return current?.schema;
    },
    get publicSdl() {
      return current?.publicSdl;
    },
  };
}

function asBadInput(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, { extensions: { code: 'bad-input', status: 400 } });
}
