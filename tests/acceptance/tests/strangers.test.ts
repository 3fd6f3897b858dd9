import { shapes, startShape } from '#src/shapes.ts';
import { strangers } from '#src/strangers-behaviour.ts';

for (const shape of shapes) strangers(shape, (env) => startShape(shape, env));
