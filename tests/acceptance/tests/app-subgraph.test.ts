import { appSubgraph } from '#src/app-subgraph-behaviour.ts';
import { shapes, startShape } from '#src/shapes.ts';

for (const shape of shapes) appSubgraph(shape, (env) => startShape(shape, env));
