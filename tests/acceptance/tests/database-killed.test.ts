import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GitServer, startGitServer, waitFor } from '@steading/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverApp } from '#src/app-sources.ts';
import { type MadeApp, makeApp, startDeployment, visit } from '#src/main-job.ts';
import { claimHouse, deploymentEnds, type Person } from '#src/person.ts';
import { type RunningShape, startShape } from '#src/shapes.ts';

let house: RunningShape;
let git: GitServer;
let operator: Person;
let app: MadeApp;
let repository: Awaited<ReturnType<GitServer['repository']>>;

beforeAll(async () => {
  [house, git] = await Promise.all([
    startShape('one process', { DATABASE_URL: undefined, STEADING_REQUESTS_PER_MINUTE: '100000' }),
    startGitServer(),
  ]);
  operator = await claimHouse(house.url, house.setupToken);
  repository = await git.repository('database');
  await repository.commit(slowApp('version 0'));
  app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 1 } });
  expect((await deploymentEnds(operator, await startDeployment(operator, app.id))).state).toBe('live');
});
afterAll(async () => {
  await house?.stop();
  await git?.stop();
});

const order = ['queued', 'cloning', 'building', 'pushing', 'deploying', 'verifying', 'live', 'failed'];

function slowApp(text: string): Record<string, string> {
  const scripts = { build: 'sleep 1', start: 'node server.js' };
  const files = serverApp(text);
  return { ...files, 'package.json': JSON.stringify({ name: 'app', private: true, type: 'module', scripts }) };
}

test.each(['building', 'verifying'])(
  'PostgreSQL killed while a deployment is %s: it ends, and what is said of it is true',
  async (state) => {
    const text = `the database was killed in ${state}`;
    const before = (await visit(house, app.host)).text;
    await repository.commit(slowApp(text));
    const id = await startDeployment(operator, app.id);
    const reached = async () => {
      const { deployment } = await operator.graph<{ deployment: { state: string } }>(
        'query ($id: ID!) { deployment(id: $id) { state } }',
        { id },
      );
      return order.indexOf(deployment.state) >= order.indexOf(state);
    };
    await waitFor(`the state ${state}`, reached, { everyMs: 5, timeoutMs: 30_000 });
    const postmaster = postmasterPid();
    process.kill(postmaster, 'SIGKILL');
    // Visitors do not need the database.
    expect((await visit(house, app.host)).status).toBe(200);
    await waitFor('another PostgreSQL', () => postmasterPid() !== postmaster, { timeoutMs: 20_000 });
    const ended = await waitFor('its end', () => deploymentEnds(operator, id), { timeoutMs: 60_000 });
    expect(['live', 'failed']).toContain(ended.state);
    if (ended.state === 'failed') expect(ended.reason).toBeTruthy();
    const expected = ended.state === 'live' ? text : before;
    await waitFor(`the app to answer "${expected}"`, async () => (await visit(house, app.host)).text === expected);
  },
  90_000,
);

function postmasterPid(): number {
  const file = join(house.dataDir, 'postgres', 'data', 'postmaster.pid');
  return Number(readFileSync(file, 'utf8').split('\n')[0]);
}
