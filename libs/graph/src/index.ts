export { type DeclaredAccess, type FieldAccess, open, privilege, signedIn } from '#src/field-access.ts';
export type { GraphContext, Subgraph } from '#src/subgraph.ts';
export {
  createSubgraphBuilder,
  finish,
  printSubgraph,
  reference,
  type SubgraphBuilder,
  type SubgraphBuilderOptions,
} from '#src/subgraph-builder.ts';
