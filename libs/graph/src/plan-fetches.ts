/**
 * The fetches of a plan: what a subgraph is asked, where its answer goes, and where its errors are in the answer.
 */
import type { BatchFetchNode, FetchNode, FlattenNode } from '@graphql-hive/router-query-planner';
import { isAppError, toPublicError } from '@steading/kit';
import { type DocumentNode, type ExecutionResult, GraphQLError, type GraphQLSchema, Kind } from 'graphql';
import { compileJoiner } from '#src/joining.ts';
import { isData, mergeInto, rewrite } from '#src/plan-data.ts';
import { findSpots, type PlanPath, pathOf } from '#src/plan-paths.ts';
import type { PlanCompiler, PlanRun, Step } from '#src/plan-runner.ts';
import { compileGatherer, type Gathered, type KnownEntities, type Representations } from '#src/representations.ts';

type AnyFetch = Pick<FetchNode, 'serviceName' | 'operation' | 'operationName' | 'variableUsages'>;

export function compileRootFetch(compiler: PlanCompiler, node: FetchNode): Step {
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

/**
 * Entities at one place, each asked for once. Where the plan asks the same of others elsewhere, those that came in
 * already are not asked for again; what is under way is left alone.
 */
export function compileFlatten(compiler: PlanCompiler, node: FlattenNode): Step {
  const { schema, read, repeated } = compiler;
  if (node.node.kind !== 'Fetch') throw new Error(`bug: a plan flattens a ${node.node.kind} node`);
  const fetch = node.node;
  const document = read(fetch.operation);
  const ask = compileAsk(compiler, fetch);
  const gather = compileGatherer({ schema, paths: [node.path], fetch });
  const joiner = compileJoiner(schema, document, '_entities');
  const keeps = repeated.has(fetch.operation) && joiner.mayShare && !fetch.outputRewrites?.length;
  const take = (result: ExecutionResult, gathered: Gathered, run: PlanRun): undefined => {
    if (isData(result.data)) rewrite(schema, result.data, fetch.outputRewrites);
    const entities = isData(result.data) ? result.data._entities : undefined;
    joiner.join(entities, gathered);
    if (result.errors) for (const error of result.errors) report(schema, error, gathered, [node.path], run);
    else if (keeps && Array.isArray(entities)) keep(run, document, gathered, entities);
  };
  return (run) => {
    const known = keeps ? takeKept(run, document) : undefined;
    const gathered = gather(run.data, [], known);
    if (gathered.representations.length === 0) {
      joiner.join([], gathered);
      if (keeps) keep(run, document, gathered, []);
      return undefined;
    }
    return then(ask({ representations: gathered.representations }, run), (result) => take(result, gathered, run));
  };
}

/** Taken away while it is added to: who asks at the same time begins anew. */
function takeKept(run: PlanRun, document: DocumentNode): KnownEntities | undefined {
  const known = run.kept?.get(document);
  if (known) run.kept!.delete(document);
  return known;
}

function keep(run: PlanRun, document: DocumentNode, { known, representations }: Gathered, came: unknown[]): void {
  if (!known || came.length !== representations.length) return;
  run.kept ??= new Map();
  run.kept.set(document, { numbers: known.numbers, entities: known.entities.concat(came) });
}

/** Entities of several kinds or places, fetched from one service in one request. */
export function compileBatch(compiler: PlanCompiler, node: BatchFetchNode): Step {
  const { schema, read } = compiler;
  const ask = compileAsk(compiler, node);
  const aliases = node.entityBatch.aliases.map((alias) => ({
    alias,
    gather: compileGatherer({ schema, paths: alias.paths, fetch: alias }),
    join: compileJoiner(compiler.schema, read(node.operation), alias.alias).join,
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
  { targets, indexes, known }: Gathered,
  paths: readonly PlanPath[],
  run: PlanRun,
): void {
  const [, index, ...rest] = error.path ?? [];
  const before = known?.entities.length ?? 0;
  const spots = new Map(paths.flatMap((path) => [...findSpots(schema, run.data, path)]));
  for (let at = 0; at < targets.length; at++) {
    if (indexes[at]! < before || (typeof index === 'number' && indexes[at] !== before + index)) continue;
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

/** An error at another place. */
export function relocated(error: GraphQLError, path: readonly (string | number)[]): GraphQLError {
  const { originalError } = error;
  return new GraphQLError(error.message, {
    path: [...path],
    extensions: error.extensions ?? {},
    ...(originalError ? { originalError } : {}),
  });
}
