import type { BatchFetchNode, FetchNode, FlattenNode, PlanNode } from '@graphql-hive/router-query-planner';
import { isAppError, toPublicError } from '@steading/kit';
import { type DocumentNode, type ExecutionResult, GraphQLError, type GraphQLSchema, Kind, parse } from 'graphql';
import {
  copyOf,
  type Data,
  findTargets,
  isData,
  mergeInto,
  type Path,
  pathOf,
  rewrite,
  type Target,
} from '#src/plan-data.ts';
import { createGatherer, type Gatherer } from '#src/representations.ts';

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
  readonly schema: GraphQLSchema;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly call: CallSubgraph;
  readonly data: Data;
  readonly errors: GraphQLError[];
}

export async function runPlan(node: PlanNode, run: PlanRun): Promise<void> {
  switch (node.kind) {
    case 'Sequence':
      for (const step of node.nodes) await runPlan(step, run);
      return;
    case 'Parallel':
      await Promise.all(node.nodes.map((step) => runPlan(step, run)));
      return;
    case 'Condition': {
      const next = run.variables[node.condition] === true ? node.ifClause : node.elseClause;
      if (next) await runPlan(next, run);
      return;
    }
    case 'Fetch':
      return fetchRoot(node, run);
    case 'Flatten':
      return flatten(node, run);
    case 'BatchFetch':
      return fetchBatch(node, run);
    default:
      throw new Error(`bug: the plan has a ${node.kind} node, which operations that pass the endpoint never need`);
  }
}

async function fetchRoot(node: FetchNode, run: PlanRun): Promise<void> {
  const result = await ask(node, {}, run);
  if (isData(result.data)) {
    rewrite(run.schema, result.data, node.outputRewrites);
    mergeInto(run.data, result.data);
  }
  for (const error of result.errors ?? []) {
    const paths = error.path ? [error.path] : rootKeys(documentOf(node)).map((key) => [key]);
    for (const path of paths) run.errors.push(relocated(error, path));
  }
}

async function flatten(node: FlattenNode, run: PlanRun): Promise<void> {
  if (node.node.kind !== 'Fetch') throw new Error(`bug: a plan flattens a ${node.node.kind} node`);
  const fetch = node.node;
  const asked = createGatherer(run.schema, []);
  asked.gather(findTargets(run.schema, run.data, node.path), fetch);
  if (asked.representations.length === 0) return;
  const result = await ask(fetch, { representations: asked.representations }, run);
  if (isData(result.data)) rewrite(run.schema, result.data, fetch.outputRewrites);
  place(isData(result.data) ? result.data._entities : undefined, asked);
  for (const error of result.errors ?? []) report(error, asked, run);
}

/** Entities of several kinds or places, fetched from one service in one request. */
async function fetchBatch(node: BatchFetchNode, run: PlanRun): Promise<void> {
  const askedBy = new Map<string, Gatherer>();
  const variables: Record<string, Data[]> = {};
  for (const alias of node.entityBatch.aliases) {
    const representations = (variables[alias.representationsVariableName] ??= []);
    const asked = createGatherer(run.schema, representations);
    for (const path of alias.paths) asked.gather(findTargets(run.schema, run.data, path), alias);
    askedBy.set(alias.alias, asked);
  }
  if (Object.values(variables).every((representations) => representations.length === 0)) return;
  const result = await ask(node, variables, run);
  for (const alias of node.entityBatch.aliases) {
    const entities = isData(result.data) ? result.data[alias.alias] : undefined;
    if (entities) rewrite(run.schema, entities, alias.outputRewrites);
    place(entities, askedBy.get(alias.alias)!);
  }
  for (const error of result.errors ?? []) {
    const asked = askedBy.get(String(error.path?.[0]));
    for (const one of asked ? [asked] : askedBy.values()) report(error, one, run);
  }
}

function place(entities: unknown, { waiting }: Gatherer): void {
  if (!Array.isArray(entities)) return;
  for (let index = 0; index < entities.length; index++) {
    const entity: unknown = entities[index];
    const targets = waiting[index];
    if (!targets || !isData(entity)) continue;
    for (let other = 1; other < targets.length; other++) mergeInto(targets[other]!.entity, copyOf(entity));
    mergeInto(targets[0]!.entity, entity);
  }
}

/** `_entities.3.name` of a fetch is, in the answer, the name of everything that waited for the third entity. */
function report(error: GraphQLError, { waiting }: Gatherer, run: PlanRun): void {
  const [, index, ...rest] = error.path ?? [];
  const targets: readonly Target[] = typeof index === 'number' ? (waiting[index] ?? []) : waiting.flat();
  for (const target of targets) run.errors.push(relocated(error, [...pathOf(target.spot), ...rest]));
}

async function ask(
  node: Pick<FetchNode, 'serviceName' | 'operation' | 'operationName' | 'variableUsages'>,
  representations: Record<string, unknown>,
  run: PlanRun,
): Promise<ExecutionResult> {
  const variables: Record<string, unknown> = { ...representations };
  for (const name of node.variableUsages ?? []) if (name in run.variables) variables[name] = run.variables[name];
  try {
    return await run.call(node.serviceName, {
      document: documentOf(node),
      variables,
      ...(node.operationName ? { operationName: node.operationName } : {}),
    });
  } catch (error) {
    const { message, ...extensions } = toPublicError(error);
    const cause = error instanceof Error && !isAppError(error) ? { originalError: error } : {};
    // What is no catalogue error keeps no code, so that the endpoint logs and hides it like any other.
    return { errors: [new GraphQLError(message, isAppError(error) ? { extensions } : cause)] };
  }
}

const documents = new WeakMap<object, DocumentNode>();

/** A plan is kept and run many times; its operations are parsed once. */
function documentOf(node: Pick<FetchNode, 'operation'>): DocumentNode {
  let document = documents.get(node);
  if (!document) documents.set(node, (document = parse(node.operation, { noLocation: true })));
  return document;
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

function relocated(error: GraphQLError, path: Path): GraphQLError {
  const { originalError } = error;
  return new GraphQLError(error.message, {
    path: [...path],
    extensions: error.extensions ?? {},
    ...(originalError ? { originalError } : {}),
  });
}
