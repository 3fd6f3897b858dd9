/**
 * Subscriptions over all subgraphs. The service that has the root field is subscribed to; for each of its events the
 * rest of the plan runs as it does for a query (what other services know of the things in it), and the answer is written
 * by the same writer. Nothing is read ahead: a reader that is slow slows the source, which bounds what waits itself.
 */
import type { FetchNode, PlanNode } from '@graphql-hive/router-query-planner';
import { kitErrors } from '@steading/kit';
import type { DocumentNode, ExecutionResult, GraphQLError } from 'graphql';
import { finishAnswer } from '#src/finish-answer.ts';
import type { GraphAnswer } from '#src/graph-executor.ts';
import { createLoaders } from '#src/loaders.ts';
import type { Data } from '#src/plan-data.ts';
import {
  type CallSubgraph,
  compilePlan,
  type PlanCompiler,
  type Step,
  type SubgraphOperation,
} from '#src/plan-runner.ts';
import type { GraphContext } from '#src/subgraph.ts';
import type { Planned } from '#src/supergraph.ts';

/** A subscription's plan: whose events it follows, and what each event still needs. */
export interface SourcePlan {
  readonly service: string;
  operation(variables: Readonly<Record<string, unknown>>): SubgraphOperation;
  /** Takes in an event: the first step of its run. */
  readonly take: Step;
  readonly rest: Step | undefined;
}

/** Undefined for plans of queries and mutations. */
export function sourcePlan(compiler: PlanCompiler, node: PlanNode | undefined): SourcePlan | undefined {
  const [first, ...others] = node?.kind === 'Sequence' ? node.nodes : [node];
  if (first?.kind !== 'Subscription') return undefined;
  const fetch: FetchNode = { ...first.primary, kind: 'Fetch' };
  const document: DocumentNode = compiler.read(fetch.operation);
  return {
    service: fetch.serviceName,
    operation(given) {
      const names = (fetch.variableUsages ?? []).filter((name) => name in given);
      const variables = Object.fromEntries(names.map((name) => [name, given[name]]));
      return { document, variables, ...(fetch.operationName && { operationName: fetch.operationName }) };
    },
    take: compilePlan(compiler, fetch),
    rest: others.length > 0 ? compilePlan(compiler, { kind: 'Sequence', nodes: others as PlanNode[] }) : undefined,
  };
}

export interface SubscriptionRun {
  readonly planned: Planned & { readonly source: SourcePlan };
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: GraphContext;
  call(service: string, operation: SubgraphOperation, context: GraphContext): ReturnType<CallSubgraph>;
  /** Characters of JSON that the answer to one event may have. */
  readonly maxLength: number;
  /** What one event may take. */
  readonly eventTimeoutMs: number;
}

/** An answer for each event of the source, until it ends. */
export async function* answerEvents(
  events: AsyncIterable<ExecutionResult>,
  run: SubscriptionRun,
): AsyncGenerator<GraphAnswer> {
  for await (const event of events) {
    const answer = await inTime(run, (context) => answerEvent(event, run, context));
    if (run.context.signal.aborted) return;
    yield answer;
  }
}

async function answerEvent(event: ExecutionResult, run: SubscriptionRun, context: GraphContext): Promise<GraphAnswer> {
  const { planned, variables } = run;
  const data: Data = { __typename: 'Subscription' };
  const errors: GraphQLError[] = [];
  await planned.source.take({ variables, data, errors, call: () => event });
  await planned.source.rest?.({
    variables,
    data,
    errors,
    call: (service, operation) => run.call(service, operation, context),
  });
  return finishAnswer({ planned, data, errors, maxLength: run.maxLength });
}

/** One event's own memory and deadline, under the subscription's signal. */
function inTime<T>(run: SubscriptionRun, work: (context: GraphContext) => Promise<T>): Promise<T> {
  const { context, eventTimeoutMs } = run;
  const own = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const end = () => {
      own.abort(context.signal.reason);
      reject(kitErrors('cancelled'));
    };
    const late = () => {
      own.abort();
      reject(kitErrors('deadline-exceeded', { seconds: eventTimeoutMs / 1000 }));
    };
    const timer = setTimeout(late, eventTimeoutMs);
    context.signal.addEventListener('abort', end, { once: true });
    if (context.signal.aborted) end();
    work({ ...context, signal: own.signal, loaders: createLoaders() })
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
        context.signal.removeEventListener('abort', end);
      });
  });
}
