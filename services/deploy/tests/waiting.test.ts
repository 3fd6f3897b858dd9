import { type GitServer, startGitServer, type TestRepository, waitFor } from '@steading/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DeployHouse, deployApp, makeApp, startDeployHouse } from './deploy-house.ts';

const waitSeconds = 1;
let git: GitServer;
let house: DeployHouse;
let repository: TestRepository;
let count = 0;

beforeAll(async () => {
  git = await startGitServer();
});
afterAll(() => git.stop());
beforeEach(async () => {
  house = await startDeployHouse({ env: { STEADING_DEPLOY_WAIT_SECONDS: String(waitSeconds) } });
  repository = await git.repository(`waiting-${++count}`);
  await repository.commit({ 'package.json': '{"scripts":{"start":"node server.js"}}' });
});
afterEach(() => house.close());

async function logOf(id: string): Promise<string[]> {
  const asked = 'query ($id: ID!) { deployment(id: $id) { log { lines { text } } } }';
  const { deployment } = await house.ask<{ deployment: { log: { lines: { text: string }[] } } }>(asked, { id });
  return deployment.log.lines.map(({ text }) => text);
}

const noAnswer = {
  reasonCode: 'no-answer',
  reason: expect.stringMatching(/^The compute service did not answer for \d+ seconds\. Deploy again when it does\.$/),
};

test('a version that became healthy although its deployment had failed gives way to what was live before', async () => {
  const { appId } = await makeApp(house, repository.url);
  const one = await deployApp(house, appId);
  await house.untilState(one, 'live');
  house.compute.behave.rollout = 'away';
  await repository.commit({ 'server.js': '// two' });
  const two = await deployApp(house, appId);
  expect(await house.untilState(two, 'failed')).toMatchObject(noAnswer);
  // It began before it was away, and is what runs.
  expect(house.compute.running.get(appId)).toBe(two);
  house.compute.behave.rollout = 'ok';
  await waitFor('the version before', () => house.compute.running.get(appId) === `${two}r`);
  expect(house.compute.applied.at(-1)!.spec!.releaseId).toBe(house.compute.applied[0]!.spec!.releaseId);
});

test('one that nothing was live before is stopped', async () => {
  const { appId } = await makeApp(house, repository.url);
  house.compute.behave.rollout = 'away';
  const id = await deployApp(house, appId);
  expect(await house.untilState(id, 'failed')).toMatchObject(noAnswer);
  house.compute.behave.rollout = 'ok';
  await waitFor('nothing to run', () => !house.compute.running.has(appId));
});

test('what comes back in time is told once in the log, and costs no attempt', async () => {
  const { appId } = await makeApp(house, repository.url);
  house.compute.behave.rollout = 'away';
  const id = await deployApp(house, appId);
  const isSaid = async () =>
    (await logOf(id)).includes(
      `The compute service does not answer. It is waited for, ${waitSeconds} seconds at most.`,
    );
  await waitFor('the log to say so', isSaid);
  house.compute.behave.rollout = 'ok';
  await house.untilState(id, 'live');
  const lines = await logOf(id);
  expect(lines.filter((line) => /does not answer/.test(line))).toHaveLength(1);
  expect(lines.filter((line) => /interrupted/.test(line))).toEqual([]);
});

test('one that waits can be cancelled', async () => {
  const { appId } = await makeApp(house, repository.url);
  house.compute.behave.rollout = 'away';
  const id = await deployApp(house, appId);
  await waitFor('it to wait', async () => (await logOf(id)).some((line) => /does not answer/.test(line)));
  await house.ask('mutation ($id: ID!) { cancelDeployment(id: $id) { id } }', { id });
  await house.untilState(id, 'cancelled');
});
