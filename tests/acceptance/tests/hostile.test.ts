import { hostileInput } from '#src/hostile-behaviour.ts';
import { shapes, startShape } from '#src/shapes.ts';

for (const shape of shapes) hostileInput(shape, (env) => startShape(shape, env));
