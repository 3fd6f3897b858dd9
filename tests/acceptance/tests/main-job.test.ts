import { mainJob } from '#src/main-job-behaviour.ts';
import { shapes, startShape } from '#src/shapes.ts';

for (const shape of shapes) mainJob(shape, (env) => startShape(shape, env));
