/**
 * Federated graphs and operations made from seeds, answered by the executor and by graphql-js in one plain schema. What
 * counts as equal is in `compare-answers.ts`. A difference is told with its seeds, made as small as it gets, and with the
 * command that runs it again.
 */
import { byLength } from '@steading/testkit/length';
import { expect, it } from 'vitest';
import { fuzz } from './fuzz-run.ts';
import { withRequires } from './make-world.ts';

const queries = byLength({ quick: 800, long: 100_000 });

it(`answers ${queries} made operations on made federated graphs as one plain schema does`, async () => {
  const queriesPerWorld = byLength({ quick: 50, long: 100 });
  const report = await fuzz({ firstSeed: 1000, queries, queriesPerWorld, maxFailures: 3 });
  expect(report.differences.join('\n\n')).toBe('');
  expect(report.queries).toBe(queries);
  // Both ways of things are in there, and more than one subgraph has to be asked.
  expect(report.failing).toBeGreaterThan(queries / 10);
  expect(report.failing).toBeLessThan(queries / 1.5);
  expect(report.calls).toBeGreaterThan(queries * 1.2);
  expect(report.uncomposed).toBeLessThan(report.worlds / 10);
}, 3_600_000);

const others = byLength({ quick: 200, long: 10_000 });

it(`answers ${others} more with @requires so, or finds no plan and says that`, async () => {
  const options = { firstSeed: 1000, queries: others, queriesPerWorld: 20, maxFailures: 3, features: withRequires };
  const report = await fuzz(options);
  console.log(`${report.unplanned} of ${report.queries} operations: the planner found no plan`);
  expect(report.differences.join('\n\n')).toBe('');
  // A gap of the planner, in the README; here so that it does not grow.
  expect(report.unplanned).toBeLessThan(others / 20);
}, 3_600_000);
