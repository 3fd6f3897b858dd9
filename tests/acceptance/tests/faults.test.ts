import { waitFor } from '@steading/testkit';
import { byLength } from '@steading/testkit/length';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { canFillDisk, type FaultHouse, type FaultState, faultStates, startFaultHouse } from '#src/fault-house.ts';
import { faults } from '#src/fault-table.ts';
import { fullLogDisk } from '#src/full-log-disk-behaviour.ts';

/**
 * `STEADING_FAULTS_SEED=<seed>` hits the same cells again, `STEADING_FAULTS=<words>` those with these words ("building",
 * "the disk is full"), and `./steading test --long` all of them.
 */
const seed = Number(process.env.STEADING_FAULTS_SEED ?? Date.now() % 2 ** 31);
const only = process.env.STEADING_FAULTS;
const outcomes: string[] = [];
let at: FaultHouse;

beforeAll(async () => {
  at = await startFaultHouse();
  await at.end(await at.deploy('the first'));
});
afterAll(async () => {
  if (only ?? byLength({ quick: false, long: true })) console.log(outcomes.join('\n'));
  await at?.stop();
});

const names = Object.keys(faults).filter((name) => name !== 'the disk is full' || canFillDisk);
const table = faultStates.flatMap((state) => names.map((name) => [state, name] as const));

/** Of the whole table: each fault once, in states that the seed chooses. */
function sample(): readonly (readonly [FaultState, string])[] {
  let next = seed;
  const pick = (count: number) => {
    next = (next * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((next / 2 ** 31) * count);
  };
  return names.map((name) => [faultStates[pick(faultStates.length)]!, name] as const);
}

test.each(only ? table.filter((cell) => cell.join(' ').includes(only)) : byLength({ quick: sample(), long: table }))(
  `%s, and %s: what is said of it is true, and nothing is left (seed ${seed})`,
  async (state, name) => {
    const text = `${name}, ${state}`;
    const [earlier, before] = [await at.answer(), await at.instances()];
    const id = await at.deploy(text);
    await at.until(id, state);
    const meanwhile = await faults[name]!({ at, id, before });
    const ended = await at.end(id);
    outcomes.push([state, name, ended.state, ended.reason ?? ''].join(' | '));
    // Nothing of it is said without a reason, and what was live before is what answers.
    const isLive = ended.state === 'live';
    if (!isLive) expect(ended.reason).toMatch(/\.$/);
    const expected = meanwhile?.newest ?? (isLive ? text : earlier);
    await waitFor(`the app to answer "${expected}"`, async () => (await at.answer()) === expected, {
      timeoutMs: 30_000,
    });
    await at.expectOnlyTheLive();
  },
  240_000,
);

if (canFillDisk && byLength({ quick: false, long: true })) fullLogDisk();
