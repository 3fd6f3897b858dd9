/**
 * A plan as functions: made once for each document, run for each request. A step gives a promise only where a subgraph
 * answers later, so that a request whose subgraphs are in this process runs through without waiting.
 */
import type { PlanNode } from '@graphql-hive/router-query-planner';
import type { DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema } from 'graphql';
import type { Data } from '#src/plan-data.ts';
import { compileBatch, compileFlatten, compileRootFetch } from '#src/plan-fetches.ts';
import type { KnownEntities } from '#src/representations.ts';

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
  /** What fetches of this run brought that others of it may need too, by their operation. */
  kept?: Map<DocumentNode, KnownEntities> | undefined;
}

export type Step = (run: PlanRun) => Promise<void> | undefined;

export interface PlanCompiler {
  /** As people see it. */
  readonly schema: GraphQLSchema;
  /** Reads a subgraph's operation: the same text twice is the same document, which its subgraph compiles once. */
  readonly read: (text: string) => DocumentNode;
  /** Operations that the plan sends more than once, and whose entities do not change in between. */
  readonly repeated: ReadonlySet<string>;
}

/** The operations that a plan sends more than once. */
export function repeatedOperations(plan: PlanNode | undefined): ReadonlySet<string> {
  const once = new Set<string>();
  const repeated = new Set<string>();
  const look = (node: PlanNode | undefined): void => {
    if (node?.kind === 'Sequence' || node?.kind === 'Parallel') node.nodes.forEach(look);
    else if (node?.kind === 'Flatten') look(node.node);
    else if (node?.kind === 'Condition') [node.ifClause, node.elseClause].forEach(look);
    else if (node?.kind === 'Fetch') (once.has(node.operation) ? repeated : once).add(node.operation);
  };
  look(plan);
  return repeated;
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
