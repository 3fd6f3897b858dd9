export { type DeclaredAccess, type FieldAccess, open, privilege, signedIn } from '#src/field-access.ts';
export { toGraphError } from '#src/graph-errors.ts';
export {
  createGraphExecutor,
  type GraphAnswer,
  type GraphExecutor,
  type GraphExecutorOptions,
} from '#src/graph-executor.ts';
export { createLoaders } from '#src/loaders.ts';
export type { GraphContext, Subgraph } from '#src/subgraph.ts';
export {
  createSubgraphBuilder,
  finish,
  printSubgraph,
  reference,
  type SubgraphBuilder,
  type SubgraphBuilderOptions,
} from '#src/subgraph-builder.ts';
export { createSubgraphRunner, type SubgraphRunner } from '#src/subgraph-runner.ts';
export { createSubgraphSubscriber, type SubgraphSubscriber } from '#src/subgraph-subscriber.ts';
export { subscriptionProblem } from '#src/subscription-root.ts';
export { composeSupergraph, type SubgraphSdl } from '#src/supergraph.ts';
