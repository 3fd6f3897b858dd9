import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createForest, type Forest } from '@steading/forest';
import { forestOps, kinds, layOut, person, randomFrom, type Size } from './large-forest.ts';
import { comparePeers } from './peers.ts';

/**
 * The permission forest at a million nodes, against its limits; then the same questions, in one run, against casbin,
 * CASL and Cedar at a size that they can bear. Ends with an error when a limit is passed.
 */
const size: Size = { nodes: 1_000_000, grants: 1_000_000, people: 100_000, groups: 1_000 };
const samples = 300_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const failures: string[] = [];

function report(what: string, measured: number, limit: number, unit: string): void {
  const ok = measured <= limit;
  if (!ok) failures.push(what);
  console.log(`${ok ? 'ok  ' : 'PAST'} ${what.padEnd(58)} ${measured.toFixed(3).padStart(10)} ${unit}, limit ${limit}`);
}

function inUse(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Each call by itself, its reading of the clock included. */
function measureChecks(forest: Forest, layout: ReturnType<typeof layOut>): void {
  const below = randomFrom(11);
  const took = new Float64Array(samples);
  // A caller's principal is one string for as long as the session is remembered.
  const people = Array.from({ length: size.people }, (_, number) => person(number));
  for (const principal of people) forest.can({ principal, privilege: 'platform.read-about', node: 'platform', now: 1 });
  let allowed = 0;
  for (let sample = -50_000; sample < samples; sample++) {
    const number = 1 + below(size.nodes - 1);
    const privilege = number < layout.firstApp ? 'space.update' : 'app.deploy';
    const question = { principal: people[below(size.people)]!, privilege, node: layout.ids[number]!, now: 1 };
    const start = process.hrtime.bigint();
    const can = forest.can(question);
    const end = process.hrtime.bigint();
    if (sample < 0) continue;
    took[sample] = Number(end - start) / 1000;
    if (can) allowed++;
  }
  took.sort();
  console.log(`     ${samples} random questions, ${((allowed * 100) / samples).toFixed(1)} % allowed`);
  report('can, p50', took[samples * 0.5]!, 2, 'µs');
  report('can, p99', took[samples * 0.99]!, 20, 'µs');
}

function measureChanges(forest: Forest, layout: ReturnType<typeof layOut>): void {
  const leaf = layout.ids.at(-1)!;
  const path = [leaf];
  for (let parent = forest.node(leaf)!.parent; parent !== null; parent = forest.node(parent)!.parent)
    path.unshift(parent);
  const top = path[1]!;
  const newcomer = 'user:usr_newcomer';
  const ask = (node: string) => forest.can({ principal: newcomer, privilege: 'app.deploy', node, now: 1 });
  if (ask(leaf)) throw new Error('the newcomer may deploy before anything was granted');
  const root = timed(() => {
    forest.apply([{ op: 'grant', node: top, principal: newcomer, role: 'lead' }]);
    if (!ask(leaf)) throw new Error('a grant near the root does not reach the leaf');
  });
  report(`a grant above ${forest.subtree(top).length} nodes, until the next check sees it`, root, 10, 'ms');
  const seal = timed(() => {
    forest.apply([{ op: 'inherit', node: path[2]!, inherit: 'sealed' }]);
    if (ask(leaf)) throw new Error('a seal does not hold');
  });
  report('a seal, until the next check sees it', seal, 10, 'ms');
  forest.apply([{ op: 'inherit', node: path[2]!, inherit: 'open' }]);
  const platform = timed(() => {
    const reason = 'measured';
    forest.apply([{ op: 'block', node: 'platform', principal: newcomer, privileges: ['*'], reason }]);
    if (ask(leaf)) throw new Error('a block on the platform does not hold');
  });
  report('a block at the root of 1 M nodes, until the next check sees it', platform, 10, 'ms');
  const moved = layout.ids[1]!;
  const count = forest.subtree(moved).length;
  const move = timed(() => forest.apply([{ op: 'move', node: moved, parent: layout.ids[2]! }]));
  report(`moving a subtree of ${count} nodes`, move, 10, 'ms');
}

const before = inUse();
const layout = layOut(size.nodes);
const forest = createForest({ kinds });
const load = timed(() => {
  for (const ops of forestOps(size, layout)) forest.apply(ops);
});
// The ids that the questions are made of are the forest's own: they count once.
const memory = inUse() - before;
console.log(
  `${size.nodes} nodes of 8 levels, ${size.grants} grants, ${size.people} people in ${size.groups} groups (5 each)`,
);
report('loading it as a snapshot comes in', load / 1000, 5, 's');
report('memory', memory, 400, 'MB');
measureChecks(forest, layout);
measureChanges(forest, layout);
await comparePeers();
if (failures.length > 0) {
  console.error(`Past the limit: ${failures.join('; ')}`);
  process.exitCode = 1;
}
