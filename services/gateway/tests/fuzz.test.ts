import { byLength } from '@steading/testkit/length';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EdgeHouse, healthy, startEdgeHouse } from './edge-house.ts';
import { smuggled, unclean } from './hostile/compare.ts';
import { startGoodClient } from './hostile/good-client.ts';
import { mutate } from './hostile/mutate.ts';
import { exchangeRaw } from './hostile/send-raw.ts';
import { type StrictUpstream, startStrictUpstream } from './hostile/strict-upstream.ts';

/** `STEADING_FUZZ_SEED=<seed>` begins there; one seed is one connection. */
const first = Number(process.env.STEADING_FUZZ_SEED ?? Date.now() % 2 ** 31);
const timeMs = byLength({ quick: 4_000, long: 300_000 });
const lanes = 24;

let house: EdgeHouse;
let app: StrictUpstream;

beforeAll(async () => {
  app = await startStrictUpstream();
  house = await startEdgeHouse();
  house.setInstances([healthy('ins_1', app.address)]);
});

afterAll(async () => {
  await house.stop();
  await app.stop();
});

/** What is wrong with what reached the app while these seeds were sent, or just before. */
async function sendAll(seeds: readonly number[], before: readonly string[]): Promise<string[]> {
  app.requests.length = 0;
  app.violations.length = 0;
  const mutants = seeds.map((seed) => mutate(seed).pieces);
  await Promise.all(mutants.map((pieces) => exchangeRaw(house.port, pieces, { quietMs: 15 })));
  const arrived = app.requests.filter(({ target }) => !target.startsWith('/good/'));
  const sent = [...before, ...mutants.map((pieces) => pieces.join(''))];
  return [...app.violations, ...smuggled(sent, arrived), ...arrived.flatMap(unclean)];
}

it(
  'mutated requests never reach an app as something else, and others are served meanwhile',
  async () => {
    const good = startGoodClient(house.port);
    const untilMs = Date.now() + timeMs;
    let next = first;
    let reached = 0;
    let before: string[] = [];
    while (Date.now() < untilMs) {
      const seeds = Array.from({ length: lanes }, () => next++);
      const problems = await sendAll(seeds, before);
      reached += app.requests.length;
      expect(problems, `STEADING_FUZZ_SEED=${seeds[0]} (one of ${lanes} seeds from there)`).toEqual([]);
      before = seeds.map((seed) => mutate(seed).pieces.join(''));
    }
    const { failed } = await good.stop();
    expect(failed).toEqual([]);
    expect(reached).toBeGreaterThan(100);
    if (byLength({ quick: false, long: true })) console.log(`${next - first} seeds from ${first}, ${reached} requests`);
  },
  timeMs + 30_000,
);
