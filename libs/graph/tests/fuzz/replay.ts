/** Runs one made operation again and tells all of it: `node libs/graph/tests/fuzz/replay.ts <world> <query> [requires]`. */
import { parse, print } from 'graphql';
import { describeDifference, startWorld } from './fuzz-run.ts';
import { makeOperation } from './make-operation.ts';
import { withRequires } from './make-world.ts';

const [world = '0', query = '0', features] = process.argv.slice(2);
const running = await startWorld(Number(world), features === 'requires' ? withRequires : undefined);
if (!running) throw new Error(`World ${world} does not compose.`);
for (const { name, sdl } of running.subgraphs) console.log(`--- ${name}\n${print(parse(sdl))}\n`);
const operation = makeOperation(running.plain, Number(world) * 1000 + Number(query));
console.log(operation.text, JSON.stringify(operation.variables));
console.log('ours ', JSON.stringify(await running.ours(operation)));
console.log('plain', JSON.stringify(await running.expected(operation)));
for (const { service, document, variables } of running.graph.calls)
  console.log(`asked ${service}: ${print(document)} ${JSON.stringify(variables)}`);
console.log(await describeDifference(running, operation, `${world} ${query}`));
