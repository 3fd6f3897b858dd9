import { createSourceEventStream, type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import { createLoaders } from '#src/loaders.ts';
import type { SubgraphOperation } from '#src/plan-runner.ts';
import type { GraphContext } from '#src/subgraph.ts';

/**
 * Opens a subscription on one service's schema: an answer for each event, until the source ends or the context's signal
 * aborts. Rejects where it is refused, and throws where it breaks off: both with a GraphQLError of the catalogue.
 */
export type SubgraphSubscriber = (
  operation: SubgraphOperation,
  context: GraphContext,
) => Promise<AsyncIterable<ExecutionResult>>;

/** Nothing is read ahead: the source goes on when the last answer was taken. */
export function createSubgraphSubscriber(schema: GraphQLSchema): SubgraphSubscriber {
  return async ({ document, variables = {}, operationName }, context) => {
    const asked = { schema, document, variableValues: variables, ...(operationName && { operationName }) };
    const source = await createSourceEventStream({ ...asked, contextValue: context });
    if (!(Symbol.asyncIterator in source)) throw source.errors?.[0] ?? new Error('bug: a source that is none');
    return answer(source, (event) =>
      execute({ ...asked, rootValue: event, contextValue: { ...context, loaders: createLoaders() } }),
    );
  };
}

async function* answer<T>(
  source: AsyncIterable<T>,
  run: (event: T) => Promise<ExecutionResult> | ExecutionResult,
): AsyncGenerator<ExecutionResult> {
  for await (const event of source) yield run(event);
}
