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
const samples = 100_000;
const inARow = 8;
const warming = 100_000;

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

interface Asked {
  readonly principal: string;
  readonly privilege: string;
  readonly node: string;
  readonly now: number;
}

/** Random nodes; every other question is of somebody who was granted a strong role there or above. */
function makeQuestions(layout: ReturnType<typeof layOut>, count: number): Asked[] {
  const below = randomFrom(11);
  // A caller's principal is one string for as long as the session is remembered.
  const people = Array.from({ length: size.people }, (_, number) => person(number));
  const known = new Map(people.map((principal) => [principal, principal]));
  const granted = strongGrants(layout, known);
  return Array.from({ length: count }, () => {
    const number = 1 + below(size.nodes - 1);
    const privilege = number < layout.firstApp ? 'space.update' : 'app.deploy';
    const able: string[] = [];
    for (let at = number; at > 0; at = layout.parents[at]!) able.push(...(granted.get(at) ?? []));
    const principal = able.length > 0 && below(100) < 60 ? able[below(able.length)]! : people[below(size.people)]!;
    return { principal, privilege, node: layout.ids[number]!, now: 1 };
  });
}

function strongGrants(layout: ReturnType<typeof layOut>, known: ReadonlyMap<string, string>) {
  const numberOf = new Map(layout.ids.map((id, number) => [id, number]));
  const granted = new Map<number, string[]>();
  for (const ops of forestOps(size, layout))
    for (const op of ops) {
      const principal = op.op === 'grant' && ['owner', 'admin', 'lead'].includes(op.role) && known.get(op.principal);
      if (op.op !== 'grant' || !principal) continue;
      const number = numberOf.get(op.node)!;
      granted.set(number, [...(granted.get(number) ?? []), principal]);
    }
  return granted;
}

/**
 * The median of calls eight in a row, so that reading the clock weighs little; the 99th percentile of single calls,
 * their reading of the clock included.
 */
function measureChecks(forest: Forest, layout: ReturnType<typeof layOut>): void {
  const questions = makeQuestions(layout, warming + samples * (inARow + 1));
  let [at, allowed] = [0, 0];
  while (at < warming) forest.can(questions[at++]!);
  const rows = new Float64Array(samples);
  for (let sample = 0; sample < samples; sample++) {
    const start = performance.now();
    for (let call = 0; call < inARow; call++) if (forest.can(questions[at++]!)) allowed++;
    rows[sample] = ((performance.now() - start) * 1000) / inARow;
  }
  const single = new Float64Array(samples);
  for (let sample = 0; sample < samples; sample++) {
    const question = questions[at++]!;
    const start = performance.now();
    if (forest.can(question)) allowed++;
    single[sample] = (performance.now() - start) * 1000;
  }
  rows.sort();
  single.sort();
  const share = (allowed * 100) / (samples * (inARow + 1));
  console.log(`     ${samples * (inARow + 1)} random questions, ${share.toFixed(1)} % allowed`);
  report(`can, p50 of ${inARow} in a row`, rows[samples * 0.5]!, 2, 'µs');
  report('can, p50, with its reading of the clock', single[samples * 0.5]!, 2, 'µs');
  report('can, p99, with its reading of the clock', single[samples * 0.99]!, 20, 'µs');
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
  for (const ops of forestOps(size, layout)) forest.load(ops);
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
