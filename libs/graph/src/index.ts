export { keepAsked, type PromisedTypes, promisedTypes } from '#src/asked-answer.ts';
export { type DeclaredAccess, type FieldAccess, open, privilege, signedIn } from '#src/field-access.ts';
export { toGraphError } from '#src/graph-errors.ts';
export {
  createGraphExecutor,
  type GraphAnswer,
  type GraphExecutor,
  type GraphExecutorOptions,
} from '#src/graph-executor.ts';
export { createHttpSubgraph, type HttpSubgraph, type HttpSubgraphOptions } from '#src/http-subgraph.ts';
export { type Composer, createComposer } from '#src/live/composer.ts';
export { type KnownComposition, knownComposition, withKnownComposition } from '#src/live/known-composition.ts';
export {
  createSubgraphRegistry,
  type RegistryStatus,
  type SubgraphRegistry,
  type SubgraphStatus,
} from '#src/live/subgraph-registry.ts';
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
export {
  type ComposeSubgraphs,
  composeSubgraphs,
  openSupergraph,
  type SubgraphSdl,
  type Supergraph,
} from '#src/supergraph.ts';
