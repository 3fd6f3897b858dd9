/**
 * Runs operations on one service's schema. The plans of the endpoint send the same few operations over and over: one
 * that comes for the third time is compiled to a function (`compile/operation.ts`). What comes once or twice, and what
 * is too large to compile, graphql-js interprets. No more than `maxCompiled` are kept.
 */
import { type DocumentNode, type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';
import { compileOperation, type RunOperation } from '#src/compile/operation.ts';
import { conditionKey, type Operation, operationOf } from '#src/operation.ts';
import type { SubgraphOperation } from '#src/plan-runner.ts';
import type { GraphContext } from '#src/subgraph.ts';

export type SubgraphRunner = (
  operation: SubgraphOperation,
  context: GraphContext,
) => Promise<ExecutionResult> | ExecutionResult;

/** A document's operation, and its functions by the setting of its conditions. */
interface Known {
  readonly operation: Operation;
  readonly compiled: Map<string, RunOperation>;
  uses: number;
}

const maxCompiled = 500;
/** Settings of an operation's conditions whose functions are kept: three variables have eight. */
const maxSettings = 8;

export interface SubgraphRunnerOptions {
  /** The use at which an operation is compiled; default 3, so that what is asked once costs no compilation. */
  readonly compiledAtUse?: number;
}

/** A runner of its own for each schema; made once. */
export function createSubgraphRunner(schema: GraphQLSchema, options: SubgraphRunnerOptions = {}): SubgraphRunner {
  const { compiledAtUse = 3 } = options;
  const documents = new LRUCache<DocumentNode, Known>({ max: maxCompiled });

  function look(document: DocumentNode, operationName: string | undefined): Known {
    const operation = operationOf(document, operationName);
    const known: Known = { operation, compiled: new Map(), uses: operation.asksAboutSchema ? Number.NaN : 0 };
    documents.set(document, known);
    return known;
  }

  function compile(known: Known, variables: Readonly<Record<string, unknown>>, key: string): RunOperation | undefined {
    // NaN, of what is not compiled, is never as large as anything.
    if (!(++known.uses >= compiledAtUse)) return undefined;
    const run = compileOperation({ schema, operation: known.operation, conditions: variables });
    if (known.compiled.size >= maxSettings) known.compiled.delete(known.compiled.keys().next().value!);
    known.compiled.set(key, run);
    return run;
  }

  return ({ document, variables = {}, operationName }, contextValue) => {
    let known = documents.get(document);
    if (!known || (operationName && operationName !== known.operation.node.name?.value))
      known = look(document, operationName);
    const key = conditionKey(known.operation, variables);
    const run = known.compiled.get(key) ?? compile(known, variables, key);
    if (run) return run(undefined, contextValue, variables);
    return execute({
      schema,
      document,
      contextValue,
      variableValues: variables,
      ...(operationName && { operationName }),
    });
  };
}
