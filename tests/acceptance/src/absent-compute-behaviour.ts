/**
 * What builds and runs apps is away while a deployment needs it: killed, or there without giving an answer. Deploy runs in
 * a process of its own, waits for it as long as it may, and then says so; whatever compute finds when it is back, nothing
 * is left of what nobody waits for any more.
 */
import { findPrograms, waitFor } from '@steading/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FaultHouse, startFaultHouse } from '#src/fault-house.ts';

const split = [['forest', 'identity', 'spaces', 'observe'], ['compute'], ['deploy'], ['gateway'], ['gateway']];
const computeAt = 1;
/** Longer than a busy machine takes to start compute again. */
const waitSeconds = 20;
let at: FaultHouse;

type Absence = 'killed' | 'stopped';
const compute = () => at.house.processes[computeAt]!;

async function takeAway(how: Absence): Promise<void> {
  const child = compute();
  if (how === 'stopped') return void child.kill('SIGSTOP');
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
}

async function bringBack(how: Absence): Promise<void> {
  if (how === 'stopped') compute().kill('SIGCONT');
  else await at.house.startAgain(computeAt);
}

/** Asks for a deployment, and takes compute away in the middle of it. */
async function loseComputeIn(state: 'building' | 'deploying', how: Absence, text: string): Promise<string> {
  const before = await at.instances();
  const id = await at.deploy(text);
  const isUnderWay = () =>
    findPrograms({ dataDir: at.house.dataDir }).some((each) =>
      state === 'building' ? each.id.startsWith('bld_') : each.id.startsWith('ins_') && !before.includes(each.id),
    );
  await waitFor(`${state} to be under way`, isUnderWay, { everyMs: 20, timeoutMs: 60_000 });
  await takeAway(how);
  return id;
}

async function logOf(id: string): Promise<string[]> {
  const asked = 'query ($id: ID!) { deployment(id: $id) { log { lines { text } } } }';
  const { deployment } = await at.operator.graph<{ deployment: { log: { lines: { text: string }[] } } }>(asked, { id });
  return deployment.log.lines.map(({ text }) => text);
}

const cells: readonly (readonly ['building' | 'deploying', Absence])[] = [
  ['building', 'killed'],
  ['deploying', 'killed'],
  ['building', 'stopped'],
  ['deploying', 'stopped'],
];

export function absentCompute(): void {
  describe('where compute is away', () => {
    beforeAll(async () => {
      at = await startFaultHouse({
        ...{ shape: 'several processes', split, buildSeconds: 3 },
        env: { STEADING_DEPLOY_WAIT_SECONDS: String(waitSeconds) },
      });
      await at.end(await at.deploy('the first'));
    }, 120_000);
    afterAll(() => at?.stop());

    test.each(cells)(
      'in the middle of %s compute is %s for too long: that is the reason, and nothing is left when it is back',
      async (state, how) => {
        const earlier = await at.answer();
        const id = await loseComputeIn(state, how, `${state}, ${how}, too long`);
        const ended = await at.end(id);
        expect(ended).toMatchObject({
          ...{ state: 'failed', reasonCode: 'no-answer' },
          reason: expect.stringMatching(/^The .+ did not answer for \d+ seconds\. Deploy again when it does\.$/),
        });
        const [, seconds] = /for (\d+) seconds/.exec(ended.reason!)!;
        expect(Number(seconds)).toBeGreaterThanOrEqual(waitSeconds);
        const log = await logOf(id);
        expect(log.filter((line) => /does not answer/.test(line))).toHaveLength(1);
        expect(log).toContain(`Failed: ${ended.reason}`);
        // Apps run without what started them, and no gateway closes its door for it.
        expect(await at.answer()).toBe(earlier);
        for (const { port } of at.house.gateways) {
          const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
          const { services } = (await answer.json()) as { services: { service: string; ready: boolean }[] };
          const away = services.flatMap(({ service, ready }) => (ready ? [] : [service]));
          expect([answer.status, away]).toEqual([200, ['compute']]);
        }
        await bringBack(how);
        await at.expectOnlyTheLive();
        await waitFor('what was live before to answer', async () => (await at.answer()) === earlier, {
          timeoutMs: 30_000,
        });
      },
      240_000,
    );

    test.each(cells)(
      'in the middle of %s compute is %s, and comes back in time: the deployment goes on and is live',
      async (state, how) => {
        const text = `${state}, ${how}, for a moment`;
        const id = await loseComputeIn(state, how, text);
        if (how === 'killed')
          await waitFor('the log to say so', async () =>
            (await logOf(id)).some((line) => /does not answer/.test(line)),
          );
        await bringBack(how);
        expect(await at.end(id)).toMatchObject({ state: 'live', reason: null });
        expect(await at.answer()).toBe(text);
        await at.expectOnlyTheLive();
      },
      240_000,
    );
  });
}
