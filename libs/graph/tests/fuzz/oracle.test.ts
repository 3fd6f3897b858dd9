import { byLength } from '@steading/testkit/length';
import { expect, it } from 'vitest';
import { differenceOf } from './compare-answers.ts';
import { startWorld } from './fuzz-run.ts';
import { makeOperation } from './make-operation.ts';
import { createOracle } from './oracle.ts';

const queries = byLength({ quick: 120, long: 10_000 });
const queriesPerWorld = 20;
const deadlineMs = 30_000;

it(`answers ${queries} made operations as another federation runtime does, but where that one leaves the specification`, async () => {
  /** How the other runtime differs from one plain schema, and how often. */
  const deviations = new Map<string, number>();
  const differences: string[] = [];
  let agreed = 0;
  let asked = 0;
  for (let seed = 5000; asked < queries; seed++) {
    const running = await startWorld(seed);
    if (!running) continue;
    const oracle = createOracle(running.subgraphs);
    for (let number = 0; number < queriesPerWorld && asked < queries; number++) {
      asked++;
      const operation = makeOperation(running.plain, seed * 1000 + number);
      const plain = await running.expected(operation);
      const ours = differenceOf(await running.ours(operation), plain);
      if (ours) differences.push(`${seed} ${number}: ${ours}`);
      const other = differenceOf(await within(deadlineMs, oracle(operation)), plain)?.split('\n')[0];
      if (other === undefined) agreed++;
      else deviations.set(other, (deviations.get(other) ?? 0) + 1);
    }
  }
  console.log(
    `all three agree on ${agreed} of ${asked}; the other runtime deviates in`,
    Object.fromEntries(deviations),
  );
  expect(differences).toEqual([]);
  // Errors without the indexes of lists in their paths, empty lists in lists, the order of types in questions about the schema.
  expect(agreed).toBeGreaterThan(asked * 0.85);
}, 3_600_000);

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer in ${ms / 1000} s`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
