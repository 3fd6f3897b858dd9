import type { BatchFetchNode, FetchNode, FlattenNode, PlanNode } from '@graphql-hive/router-query-planner';
import { isAppError, toPublicError } from '@steading/kit';
import { type DocumentNode, type ExecutionResult, GraphQLError, type GraphQLSchema, Kind, parse } from 'graphql';
import { cutOut, type Data, findTargets, isData, mergeInto, type Path, rewrite, type Target } from '#src/plan-data.ts';

export interface SubgraphOperation {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

/** Runs an operation on a service's subgraph. */
export type CallSubgraph = (service: string, operation: SubgraphOperation) => Promise<ExecutionResult>;

/** One request's run of a plan: what came in so far, and what went wrong, at its place in the answer. */
export interface PlanRun {
  readonly schema: GraphQLSchema;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly call: CallSubgraph;
  readonly data: Data;
  readonly errors: GraphQLError[];
}

/** Representations of entities, each asked for once, and the places that wait for them. */
interface Asked {
  readonly representations: Data[];
  readonly targets: Target[][];
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
  const asked: Asked = { representations: [], targets: [] };
  gather(findTargets(run.schema, run.data, node.path), fetch, asked, run);
  if (asked.representations.length === 0) return;
  const result = await ask(fetch, { representations: asked.representations }, run);
  if (isData(result.data)) rewrite(run.schema, result.data, fetch.outputRewrites);
  place(isData(result.data) ? result.data._entities : undefined, asked);
  for (const error of result.errors ?? []) report(error, asked, run);
}

/** Entities of several kinds or places, fetched from one service in one request. */
async function fetchBatch(node: BatchFetchNode, run: PlanRun): Promise<void> {
  const askedBy = new Map<string, Asked>();
  const variables: Record<string, unknown> = {};
  const sent = new Map<string, Data[]>();
  for (const alias of node.entityBatch.aliases) {
    const name = alias.representationsVariableName;
    const representations = sent.get(name) ?? [];
    const asked: Asked = { representations, targets: [] };
    for (const path of alias.paths) gather(findTargets(run.schema, run.data, path), alias, asked, run);
    sent.set(name, representations);
    variables[name] = representations;
    askedBy.set(alias.alias, asked);
  }
  if ([...sent.values()].every((representations) => representations.length === 0)) return;
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

function gather(
  targets: readonly Target[],
  fetch: Pick<FetchNode, 'requires' | 'inputRewrites'>,
  asked: Asked,
  run: PlanRun,
): void {
  const known = new Map(asked.representations.map((representation, index) => [JSON.stringify(representation), index]));
  for (const target of targets) {
    const representation = cutOut(run.schema, target.entity, fetch.requires ?? []);
    if (!representation) continue;
    representation.__typename ??= target.entity.__typename;
    rewrite(run.schema, representation, fetch.inputRewrites);
    const text = JSON.stringify(representation);
    let index = known.get(text);
    if (index === undefined) {
      index = asked.representations.push(representation) - 1;
      known.set(text, index);
    }
    (asked.targets[index] ??= []).push(target);
  }
}

function place(entities: unknown, asked: Asked): void {
  if (!Array.isArray(entities)) return;
  for (const [index, entity] of entities.entries())
    if (isData(entity)) for (const target of asked.targets[index] ?? []) mergeInto(target.entity, entity);
}

/** `_entities.3.name` of a fetch is, in the answer, the name of everything that waited for the third entity. */
function report(error: GraphQLError, asked: Asked, run: PlanRun): void {
  const [, index, ...rest] = error.path ?? [];
  const waiting = typeof index === 'number' ? (asked.targets[index] ?? []) : asked.targets.flat();
  for (const target of waiting) run.errors.push(relocated(error, [...target.path, ...rest]));
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
