/**
 * Runs operations on one service's schema. The plans of the endpoint send the same few operations over and over: one
 * that comes for the third time is compiled to a function by graphql-jit. What comes once or twice, and what the
 * compiler cannot take, graphql-js interprets. Compiled ones are kept for as long as their document is, and no more of
 * them than `maxCompiled`.
 */
import { BREAK, type DocumentNode, type ExecutionResult, execute, type GraphQLSchema, visit } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { SubgraphOperation } from '#src/plan-runner.ts';
import type { GraphContext } from '#src/subgraph.ts';

export type SubgraphRunner = (
  operation: SubgraphOperation,
  context: GraphContext,
) => Promise<ExecutionResult> | ExecutionResult;

type Compiled = (root: unknown, context: unknown, variables: unknown) => Promise<ExecutionResult> | ExecutionResult;

const maxCompiled = 500;

export interface SubgraphRunnerOptions {
  /** The use at which an operation is compiled; default 3, so that what is asked once costs no compilation. */
  readonly compiledAtUse?: number;
}

/** A runner of its own for each schema; made once. */
export function createSubgraphRunner(schema: GraphQLSchema, options: SubgraphRunnerOptions = {}): SubgraphRunner {
  const { compiledAtUse = 3 } = options;
  const uses = new WeakMap<DocumentNode, number>();
  const compiled = new LRUCache<DocumentNode, Compiled>({ max: maxCompiled });
  let compiler: typeof import('graphql-jit') | 'loading' | undefined;

  /** Loaded with the first operation that is worth it: a house at rest does without. */
  function load(): void {
    if (compiler !== undefined) return;
    compiler = 'loading';
    import('graphql-jit').then(
      (loaded) => {
        compiler = loaded;
      },
      () => {},
    );
  }

  function compile(document: DocumentNode, operationName: string | undefined): Compiled | undefined {
    const used = (uses.get(document) ?? 0) + 1;
    uses.set(document, used);
    if (used < compiledAtUse) return undefined;
    load();
    if (compiler === undefined || compiler === 'loading') return undefined;
    if (hasConditions(document)) return void uses.set(document, Number.MIN_SAFE_INTEGER);
    const made = compiler.compileQuery(schema, document, operationName, {
      disablingCapturingStackErrors: true,
    });
    // What the compiler cannot take is not tried again.
    if (!('query' in made)) return void uses.set(document, Number.MIN_SAFE_INTEGER);
    const run = made.query as Compiled;
    compiled.set(document, run);
    return run;
  }

  return ({ document, variables, operationName }, contextValue) => {
    const run = compiled.get(document) ?? compile(document, operationName);
    if (run) return run(undefined, contextValue, variables ?? {});
    return execute({
      schema,
      document,
      contextValue,
      ...(variables && { variableValues: variables }),
      ...(operationName && { operationName }),
    });
  };
}

/** The compiler loses fields that are selected twice under different conditions: those operations are interpreted. */
function hasConditions(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive() {
      found = true;
      return BREAK;
    },
  });
  return found;
}
