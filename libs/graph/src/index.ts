export type { GraphContext, Subgraph } from '#src/subgraph.ts';
