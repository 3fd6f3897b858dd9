import { initGraphQLTada } from 'gql.tada';
import type { introspection } from '#src/graph/introspection.gen.ts';

/** Documents are written where they are used, and typed from the committed SDL without a step of generation. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { DateTime: string; JSON: unknown };
  disableMasking: true;
}>();

export type { ResultOf, VariablesOf } from 'gql.tada';
