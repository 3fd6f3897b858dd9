/**
 * A plan as functions: made once for each document, run for each request. A step gives a promise only where a subgraph
 * answers later, so that a request whose subgraphs are in this process runs through without waiting.
 */
import type { BatchFetchNode, FetchNode, FlattenNode, PlanNode } from '@graphql-hive/router-query-planner';
import { isAppError, toPublicError } from '@steading/kit';
import { type DocumentNode, type ExecutionResult, GraphQLError, type GraphQLSchema, Kind } from 'graphql';
import { compileJoiner } from '#src/joining.ts';
import { type Data, isData, mergeInto, rewrite } from '#src/plan-data.ts';
import { findSpots, type PlanPath, pathOf } from '#src/plan-paths.ts';
import { compileGatherer, type Gathered, type Representations } from '#src/representations.ts';

export interface SubgraphOperation {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

/** Runs an operation on a service's subgraph. */
export type CallSubgraph = (
  service: string,
  operation: SubgraphOperation,
) => Promise<ExecutionResult> | ExecutionResult;

/** One request's run of a plan: what came in so far, and what went wrong, at its place in the answer. */
export interface PlanRun {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly call: CallSubgraph;
  readonly data: Data;
  readonly errors: GraphQLError[];
}

export type Step = (run: PlanRun) => Promise<void> | undefined;

type AnyFetch = Pick<FetchNode, 'serviceName' | 'operation' | 'operationName' | 'variableUsages'>;

export interface PlanCompiler {
  /** As people see it. */
  readonly schema: GraphQLSchema;
  /** Reads a subgraph's operation: the same text twice is the same document, which its subgraph compiles once. */
  readonly read: (text: string) => DocumentNode;
}

/** Compiles a plan. Throws for nodes that no checked operation needs. */
export function compilePlan(compiler: PlanCompiler, node: PlanNode): Step {
  switch (node.kind) {
    case 'Sequence':
      return inSequence(node.nodes.map((step) => compilePlan(compiler, step)));
    case 'Parallel':
      return sideBySide(node.nodes.map((step) => compilePlan(compiler, step)));
    case 'Condition': {
      const yes = node.ifClause && compilePlan(compiler, node.ifClause);
      const no = node.elseClause && compilePlan(compiler, node.elseClause);
      return (run) => (run.variables[node.condition] === true ? yes : no)?.(run);
    }
    case 'Fetch':
      return compileRootFetch(compiler, node);
    case 'Flatten':
      return compileFlatten(compiler, node);
    case 'BatchFetch':
      return compileBatch(compiler, node);
    default:
      throw new Error(`bug: the plan has a ${node.kind} node, which operations that pass the endpoint never need`);
  }
}

function inSequence(steps: readonly Step[]): Step {
  return (run) => {
    for (let index = 0; index < steps.length; index++) {
      const waited = steps[index]!(run);
      if (waited) return rest(waited, index + 1, run);
    }
    return undefined;
  };
  async function rest(waited: Promise<void>, from: number, run: PlanRun): Promise<void> {
    await waited;
    for (let index = from; index < steps.length; index++) await steps[index]!(run);
  }
}

function sideBySide(steps: readonly Step[]): Step {
  return (run) => {
    let waited: Promise<void>[] | undefined;
    for (const step of steps) {
      const one = step(run);
      if (one) (waited ??= []).push(one);
    }
    return waited && Promise.all(waited).then(() => undefined);
  };
}

function compileRootFetch(compiler: PlanCompiler, node: FetchNode): Step {
  const { schema, read } = compiler;
  const ask = compileAsk(compiler, node);
  const keys = rootKeys(read(node.operation));
  const take = (result: ExecutionResult, run: PlanRun): undefined => {
    if (isData(result.data)) {
      rewrite(schema, result.data, node.outputRewrites);
      mergeInto(run.data, result.data);
    }
    for (const error of result.errors ?? []) {
      const paths = error.path ? [error.path] : keys.map((key) => [key]);
      for (const path of paths) run.errors.push(relocated(error, path));
    }
  };
  return (run) => then(ask({}, run), (result) => take(result, run));
}

function compileFlatten(compiler: PlanCompiler, node: FlattenNode): Step {
  const { schema, read } = compiler;
  if (node.node.kind !== 'Fetch') throw new Error(`bug: a plan flattens a ${node.node.kind} node`);
  const fetch = node.node;
  const ask = compileAsk(compiler, fetch);
  const gather = compileGatherer({ schema, paths: [node.path], fetch });
  const join = compileJoiner(compiler.schema, read(fetch.operation), '_entities');
  const take = (result: ExecutionResult, gathered: Gathered, run: PlanRun): undefined => {
    if (isData(result.data)) rewrite(schema, result.data, fetch.outputRewrites);
    join(isData(result.data) ? result.data._entities : undefined, gathered);
    for (const error of result.errors ?? []) report(schema, error, gathered, [node.path], run);
  };
  return (run) => {
    const gathered = gather(run.data, []);
    if (gathered.representations.length === 0) return undefined;
    return then(ask({ representations: gathered.representations }, run), (result) => take(result, gathered, run));
  };
}

/** Entities of several kinds or places, fetched from one service in one request. */
function compileBatch(compiler: PlanCompiler, node: BatchFetchNode): Step {
  const { schema, read } = compiler;
  const ask = compileAsk(compiler, node);
  const aliases = node.entityBatch.aliases.map((alias) => ({
    alias,
    gather: compileGatherer({ schema, paths: alias.paths, fetch: alias }),
    join: compileJoiner(compiler.schema, read(node.operation), alias.alias),
  }));
  type Batch = readonly Gathered[];
  const take = (result: ExecutionResult, batch: Batch, run: PlanRun): undefined => {
    for (const [index, { alias, join }] of aliases.entries()) {
      const entities = isData(result.data) ? result.data[alias.alias] : undefined;
      if (entities) rewrite(schema, entities, alias.outputRewrites);
      join(entities, batch[index]!);
    }
    for (const error of result.errors ?? []) {
      const only = aliases.findIndex(({ alias }) => alias.alias === error.path?.[0]);
      for (const [index, { alias }] of aliases.entries())
        if (only < 0 || only === index) report(schema, error, batch[index]!, alias.paths, run);
    }
  };
  return (run) => {
    const variables: Record<string, Representations> = {};
    const batch = aliases.map(({ alias, gather }) => {
      const before = (variables[alias.representationsVariableName] ??= []);
      const gathered = gather(run.data, before);
      variables[alias.representationsVariableName] = gathered.representations;
      return gathered;
    });
    if (Object.values(variables).every((representations) => representations.length === 0)) return undefined;
    return then(ask(variables, run), (result) => take(result, batch, run));
  };
}

/** `_entities.3.name` of a fetch is, in the answer, the name of everything that waited for the third entity. */
function report(
  schema: GraphQLSchema,
  error: GraphQLError,
  { targets, indexes }: Gathered,
  paths: readonly PlanPath[],
  run: PlanRun,
): void {
  const [, index, ...rest] = error.path ?? [];
  const spots = new Map(paths.flatMap((path) => [...findSpots(schema, run.data, path)]));
  for (let at = 0; at < targets.length; at++) {
    if (typeof index === 'number' && indexes[at] !== index) continue;
    run.errors.push(relocated(error, [...pathOf(spots.get(targets[at]!)), ...rest]));
  }
}

type Ask = (own: Readonly<Record<string, unknown>>, run: PlanRun) => Promise<ExecutionResult> | ExecutionResult;

/** Asks the subgraph; what it throws becomes an error of the answer. */
function compileAsk({ read }: PlanCompiler, node: AnyFetch): Ask {
  const { serviceName, operationName, variableUsages = [] } = node;
  const document = read(node.operation);
  const named = operationName ? { operationName } : {};
  return (own, run) => {
    let variables = own;
    if (variableUsages.length > 0) {
      const all: Record<string, unknown> = { ...own };
      for (const name of variableUsages) if (name in run.variables) all[name] = run.variables[name];
      variables = all;
    }
    try {
      const result = run.call(serviceName, { document, variables, ...named });
      return result instanceof Promise ? result.catch(failedCall) : result;
    } catch (error) {
      return failedCall(error);
    }
  };
}

function failedCall(error: unknown): ExecutionResult {
  const { message, ...extensions } = toPublicError(error);
  const cause = error instanceof Error && !isAppError(error) ? { originalError: error } : {};
  // What is no catalogue error keeps no code, so that the endpoint logs and hides it like any other.
  return { errors: [new GraphQLError(message, isAppError(error) ? { extensions } : cause)] };
}

function then(
  result: Promise<ExecutionResult> | ExecutionResult,
  take: (result: ExecutionResult) => undefined,
): Promise<void> | undefined {
  return result instanceof Promise ? result.then(take) : take(result);
}

function rootKeys(document: DocumentNode): string[] {
  return document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? definition.selectionSet.selections.flatMap((selection) =>
          selection.kind === Kind.FIELD ? (selection.alias ?? selection.name).value : [],
        )
      : [],
  );
}

export function relocated(error: GraphQLError, path: readonly (string | number)[]): GraphQLError {
  const { originalError } = error;
  return new GraphQLError(error.message, {
    path: [...path],
    extensions: error.extensions ?? {},
    ...(originalError ? { originalError } : {}),
  });
}
