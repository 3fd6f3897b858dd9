/**
 * A second federation runtime over the same subgraphs: the stitching one of GraphQL Tools, with a planner of its own.
 * Where it and one plain schema say the same, nobody can say that the plain schema misunderstands federation.
 */
import { getStitchedSchemaFromSupergraphSdl } from '@graphql-tools/federation';
import { composeServices } from '@theguild/federation-composition';
import { execute, parse } from 'graphql';
import { type Answer, answerOf } from './compare-answers.ts';
import type { MadeOperation } from './make-operation.ts';
import type { WorldSubgraph } from './world-schemas.ts';

export type Oracle = (operation: MadeOperation) => Promise<Answer>;

/** Throws where it cannot make a schema of them. */
export function createOracle(subgraphs: readonly WorldSubgraph[]): Oracle {
  const { supergraphSdl } = composeServices(
    subgraphs.map(({ name, sdl }) => ({ name, url: `http://${name}`, typeDefs: parse(sdl, { noLocation: true }) })),
  );
  if (!supergraphSdl) throw new Error('The subgraphs do not fit together.');
  const schemas = new Map(subgraphs.map(({ name, schema }) => [name.toUpperCase(), schema]));
  const schema = getStitchedSchemaFromSupergraphSdl({
    supergraphSdl,
    onSubschemaConfig(config) {
      const subgraph = schemas.get(config.name.toUpperCase());
      if (!subgraph) throw new Error(`bug: no subgraph ${config.name}`);
      config.executor = ({ document, variables, context, operationName }) =>
        execute({
          schema: subgraph,
          document,
          variableValues: variables as Record<string, unknown>,
          contextValue: context,
          operationName: operationName ?? null,
        }) as never;
    },
  });
  return async ({ document, variables, operationName }) => {
    const options = { schema, document, variableValues: variables, operationName: operationName ?? null };
    return answerOf(await execute({ ...options, contextValue: { count: 0 } }));
  };
}
