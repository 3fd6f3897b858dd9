import { type GitServer, startGitServer, type TestRepository, waitFor } from '@steading/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DeployHouse, deployApp, makeApp, startDeployHouse } from './deploy-house.ts';

let house: DeployHouse;
let git: GitServer;
let repository: TestRepository;
let first: string;
let count = 0;

beforeAll(async () => {
  git = await startGitServer();
  house = await startDeployHouse({ env: { STEADING_DEPLOY_STARTS_PER_MINUTE: '500' } });
});
afterAll(async () => {
  await house.close();
  await git.stop();
});
beforeEach(async () => {
  Object.assign(house.compute.behave, { build: 'ok', rollout: 'ok', edge: 'ok', lines: [], lostEvery: 0 });
  repository = await git.repository(`garden-${++count}`);
  first = await repository.commit(
    { 'package.json': '{"scripts":{"start":"node server.js"}}', 'server.js': '// one' },
    'Plant beans',
  );
});

const states = (id: string) =>
  house.events
    .filter((event) => event.type === 'deploy.deployment.changed')
    .map((event) => event.data as { deploymentId: string; state: string })
    .filter((data) => data.deploymentId === id)
    .map((data) => data.state);

const show = `query($id: ID!) { deployment(id: $id) { number state trigger commit commitMessage commitAuthor isLive canRollBackTo
  stages { name state } detection { title reasons commands { start } } trace { sent lost } by { id }
  log { lines { position stage stream text } last more } lastLines { text } } }`;
// biome-ignore lint/suspicious/noExplicitAny: the shape is what the query says
const look = async (id: string) => (await house.ask<{ deployment: any }>(show, { id })).deployment;

test('a repository becomes a live version, through every state in order', async () => {
  const { appId } = await makeApp(house, repository.url);
  const id = await deployApp(house, appId);
  await house.untilState(id, 'live');
  await waitFor('the events', () => states(id).length >= 7);
  expect(states(id)).toEqual(['queued', 'cloning', 'building', 'pushing', 'deploying', 'verifying', 'live']);
  const shown = await look(id);
  expect(shown).toMatchObject({
    number: 1,
    commit: first,
    commitMessage: 'Plant beans',
    commitAuthor: 'Ada',
    isLive: true,
    canRollBackTo: false,
  });
  expect(shown.stages.map((stage: { state: string }) => stage.state)).toEqual(['done', 'done', 'done', 'done', 'done']);
  expect(shown.detection.title).toBe('Node app, started with npm start');
  expect(shown.trace.sent).toBeGreaterThanOrEqual(5);
  expect(shown.trace.lost).toBe(0);
  expect(house.compute.builds.at(-1)!.files).toEqual(['package.json', 'server.js']);
  expect(house.compute.running.get(appId)).toBe(id);
});

test('the second replaces the first, and a rollback brings it back with its release and its variables', async () => {
  const { appId } = await makeApp(house, repository.url);
  const set =
    'mutation($id: ID!, $value: String!) { setVariables(ownerId: $id, variables: [{name: "SEED", value: $value, secret: true}]) { value secret } }';
  expect(await house.ask(set, { id: appId, value: 'beans-0001' })).toEqual({
    setVariables: [{ value: null, secret: true }],
  });
  const one = await deployApp(house, appId);
  await house.untilState(one, 'live');
  await repository.commit({ 'server.js': '// two' });
  await house.ask(set, { id: appId, value: 'peas-00002' });
  const two = await deployApp(house, appId);
  await house.untilState(two, 'live');
  await house.untilState(one, 'superseded');
  const builds = house.compute.builds.length;
  const { rollBack } = await house.ask<{ rollBack: { id: string } }>(
    'mutation($a: ID!, $d: ID!) { rollBack(appId: $a, toDeploymentId: $d) { id } }',
    { a: appId, d: one },
  );
  await house.untilState(rollBack.id, 'live');
  await house.untilState(two, 'rolled-back');
  expect(house.compute.builds.length).toBe(builds);
  const [applied, , back] = house.compute.applied.filter((one) => one.appId === appId);
  expect(back!.spec!.releaseId).toBe(applied!.spec!.releaseId);
  expect(back!.spec!.environment.SEED).toBe('beans-0001');
  expect(await look(rollBack.id)).toMatchObject({ trigger: 'rollback', commit: first, isLive: true });
  expect((await look(two)).canRollBackTo).toBe(true);
});

test('a failed build leaves the old version live and says why', async () => {
  const { appId } = await makeApp(house, repository.url);
  const one = await deployApp(house, appId);
  await house.untilState(one, 'live');
  house.compute.behave.build = 'fail';
  const two = await deployApp(house, appId);
  expect(await house.untilState(two, 'failed')).toMatchObject({
    reasonCode: 'build-step-failed',
    reason: 'The step install ended with code 1.',
  });
  const { app } = await house.ask<{ app: { state: string; live: { id: string }; newest: { id: string } } }>(
    'query($id: ID!) { app(id: $id) { state live { id } newest { id } } }',
    { id: appId },
  );
  expect(app).toEqual({ state: 'live', live: { id: one }, newest: { id: two } });
});

test('a version that dies before it is healthy fails with its last lines, and is taken back', async () => {
  const { appId } = await makeApp(house, repository.url);
  house.compute.behave.rollout = 'fail';
  const id = await deployApp(house, appId);
  expect(await house.untilState(id, 'failed')).toMatchObject({ reasonCode: 'not-healthy' });
  expect((await look(id)).lastLines).toEqual([{ text: 'Error: no beans' }]);
  await waitFor('the abort', () => house.compute.aborted.includes(id));
});

test('live is not said while requests do not reach the new version', async () => {
  const { appId } = await makeApp(house, repository.url);
  house.compute.behave.edge = 'stuck';
  const id = await deployApp(house, appId);
  await house.untilState(id, 'verifying');
  await waitFor('probes', async () => house.compute.running.get(appId) === id);
  expect((await look(id)).state).toBe('verifying');
  house.compute.behave.edge = 'ok';
  await house.untilState(id, 'live');
});

test.each([
  ['building', { build: 'hang' }],
  ['deploying', { rollout: 'hang' }],
] as const)('cancel while %s stops within 5 s', async (state, behave) => {
  const { appId } = await makeApp(house, repository.url);
  Object.assign(house.compute.behave, behave);
  const id = await deployApp(house, appId);
  await house.untilState(id, state);
  if (state === 'building') await waitFor('the build', () => house.compute.builds.at(-1)?.request.appId === appId);
  const startedMs = Date.now();
  await house.ask('mutation($id: ID!) { cancelDeployment(id: $id) { id } }', { id });
  await house.untilState(id, 'cancelled');
  expect(Date.now() - startedMs).toBeLessThan(5000);
  if (state === 'building') await waitFor('the end of the build', () => house.compute.builds.at(-1)!.cancelled);
  else await waitFor('the abort', () => house.compute.aborted.includes(id));
});

test('newest wins: what waits behind a running one is superseded by a newer one', async () => {
  const { appId } = await makeApp(house, repository.url);
  house.compute.behave.build = 'hang';
  const running = await deployApp(house, appId);
  await house.untilState(running, 'building');
  const middle = await deployApp(house, appId);
  const newest = await deployApp(house, appId);
  expect(await house.untilState(middle, 'superseded')).toMatchObject({ reasonCode: 'newer' });
  house.compute.behave.build = 'ok';
  await house.ask('mutation($id: ID!) { cancelDeployment(id: $id) { id } }', { id: running });
  await house.untilState(newest, 'live');
  expect(states(middle)).toEqual(['queued', 'superseded']);
});

test('secrets never stand in the log', async () => {
  const { appId, projectId } = await makeApp(house, repository.url);
  const set = 'mutation($id: ID!, $v: [VariableInput!]!) { setVariables(ownerId: $id, variables: $v) { name } }';
  await house.ask(set, { id: projectId, v: [{ name: 'PASSWORD', value: 'hunter22', secret: true }] });
  await house.ask(set, { id: appId, v: [{ name: 'URL', value: `pg://u:\${{project.PASSWORD}}@db` }] });
  house.compute.behave.lines = ['connecting to pg://u:hunter22@db', 'password is hunter22'];
  const id = await deployApp(house, appId);
  await house.untilState(id, 'live');
  const { log } = await look(id);
  const text = log.lines.map((line: { text: string }) => line.text).join('\n');
  expect(text).toContain('connecting to [secret]');
  expect(text).not.toContain('hunter22');
  expect(log.lines.map((line: { position: number }) => line.position)).toEqual(
    log.lines.map((_: unknown, index: number) => index + 1),
  );
  expect(house.compute.builds.at(-1)!.request.environment.URL).toBe('pg://u:hunter22@db');
});

test('a log has every line at its place, empty ones and those of both streams', async () => {
  const { appId } = await makeApp(house, repository.url);
  const long = Array.from({ length: 1_200 }, (_, index) => `line ${index}`);
  const err = (text: string) => ({ stream: 'stderr' as const, text });
  house.compute.behave.lines = ['', 'one', '', '', err(''), err('bad \\ "quoted" {1,2}'), '', ...long, err('end')];
  const id = await deployApp(house, appId);
  await house.untilState(id, 'live');
  const page = `query($id: ID!, $after: Int!) { deployment(id: $id) { log(after: $after) { lines { position stream text } more } } }`;
  const lines: { position: number; stream: string; text: string }[] = [];
  for (let more = true; more; ) {
    const { deployment } = await house.ask<{ deployment: { log: { lines: typeof lines; more: boolean } } }>(page, {
      id,
      after: lines.at(-1)?.position ?? 0,
    });
    lines.push(...deployment.log.lines);
    more = deployment.log.more;
  }
  expect(lines.map(({ position }) => position)).toEqual(lines.map((_, index) => index + 1));
  const printed = lines.filter(({ stream, text }) => stream !== 'steading' && !text.startsWith('$ '));
  expect(printed.map(({ stream, text }) => `${stream}:${text}`)).toEqual(
    house.compute.behave.lines.map((line) => (typeof line === 'string' ? `stdout:${line}` : `stderr:${line.text}`)),
  );
});

test('an unknown reference fails the deployment and names it', async () => {
  const { appId } = await makeApp(house, repository.url);
  const set = 'mutation($id: ID!, $v: [VariableInput!]!) { setVariables(ownerId: $id, variables: $v) { name } }';
  await house.ask(set, { id: appId, v: [{ name: 'URL', value: `\${{project.NONE}}` }] });
  const id = await deployApp(house, appId);
  expect(await house.untilState(id, 'failed')).toMatchObject({
    reasonCode: 'variable-unknown',
    reason: expect.stringContaining('project.NONE'),
  });
});

test('a Dockerfile fails with a sentence about the runtime', async () => {
  await repository.commit({ Dockerfile: 'FROM scratch' });
  const { appId } = await makeApp(house, repository.url);
  const id = await deployApp(house, appId);
  expect(await house.untilState(id, 'failed')).toMatchObject({ reasonCode: 'needs-docker' });
});

test('stopping ends what runs, starting brings the live version back under its own deployment', async () => {
  const { appId } = await makeApp(house, repository.url);
  const id = await deployApp(house, appId);
  await house.untilState(id, 'live');
  const stopped = await house.ask<{ stopApp: { state: string } }>('mutation($id: ID!) { stopApp(id: $id) { state } }', {
    id: appId,
  });
  expect(stopped.stopApp.state).toBe('stopped');
  await waitFor('nothing to run', () => !house.compute.running.has(appId));
  await house.ask('mutation($id: ID!) { startApp(id: $id) { id } }', { id: appId });
  await waitFor('it to run', () => house.compute.running.has(appId));
  const { app } = await house.ask<{ app: { state: string; instances: { generation: string }[] } }>(
    'query($id: ID!) { app(id: $id) { state instances { generation } } }',
    { id: appId },
  );
  expect(app).toEqual({ state: 'live', instances: [{ generation: id }] });
});

test('releases beyond what is kept are removed', async () => {
  const { appId } = await makeApp(house, repository.url, { runtime: { keep: 1, drainSeconds: 0 } });
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    ids.push(await deployApp(house, appId));
    await house.untilState(ids[i]!, 'live');
  }
  const [oldest] = house.compute.applied.filter((one) => one.appId === appId);
  await waitFor('the removal', () => house.compute.removedReleases.includes(oldest!.spec!.releaseId));
  expect((await look(ids[0]!)).canRollBackTo).toBe(false);
  expect((await look(ids[1]!)).canRollBackTo).toBe(true);
  expect(house.compute.removedReleases).not.toContain(house.compute.applied.at(-1)!.spec!.releaseId);
});

test('removing a project stops its apps and forgets its nodes', async () => {
  const { appId, projectId } = await makeApp(house, repository.url);
  const id = await deployApp(house, appId);
  await house.untilState(id, 'live');
  await house.ask('mutation($id: ID!) { removeProject(id: $id) }', { id: projectId });
  await waitFor('compute to forget it', () => house.compute.removedApps.includes(appId));
  expect(house.access.nodes.has(appId)).toBe(false);
  await expect(house.ask('query($id: ID!) { app(id: $id) { id } }', { id: appId })).rejects.toMatchObject({
    code: 'not-found',
  });
});
