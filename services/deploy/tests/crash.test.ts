import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createPool } from '@steading/db';
import { createLog } from '@steading/kit';
import { type GitServer, startGitServer, waitFor } from '@steading/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { deployApp, makeApp, startDeployHouse } from './deploy-house.ts';

type House = Awaited<ReturnType<typeof startDeployHouse>>;
let git: GitServer;
let house: House;
let count = 0;
let url: string;

beforeAll(async () => {
  git = await startGitServer();
});
afterAll(() => git.stop());
beforeEach(async () => {
  house = await startDeployHouse();
  const repository = await git.repository(`crash-${++count}`);
  await repository.commit({ 'package.json': '{"scripts":{"start":"node server.js"}}' });
  url = repository.url;
});
afterEach(() => house.close());

/** Another house over the same database and folder; the first one is gone. */
async function again(): Promise<void> {
  const { database, dataDir, access, compute } = house;
  house = await startDeployHouse({ over: { database, dataDir, access, compute } });
}

async function sql(text: string, ...values: unknown[]): Promise<unknown[]> {
  const pool = createPool({ url: house.database.url, max: 1, log: createLog({ level: 'silent' }) });
  try {
    return (await pool.query(text, values)).rows;
  } finally {
    await pool.end();
  }
}

test.each([
  ['building', { build: 'hang' }],
  ['deploying', { rollout: 'hang' }],
  ['verifying', { edge: 'stuck' }],
] as const)('a house that stops while %s goes on from there when it is started again', async (state, behave) => {
  const { appId } = await makeApp(house, url);
  Object.assign(house.compute.behave, behave);
  const id = await deployApp(house, appId);
  await house.untilState(id, state);
  await house.crash();
  Object.assign(house.compute.behave, { build: 'ok', rollout: 'ok', edge: 'ok' });
  await again();
  await house.untilState(id, 'live');
  // However often it is built, it is one release: what an earlier build may have left is replaced.
  expect(new Set(house.compute.builds.map(({ request }) => request.releaseId))).toEqual(
    new Set([id.replace('dep_', 'rel_')]),
  );
  const rows = await sql('select state from deploy.deployments where app_id = $1', appId);
  expect(rows).toEqual([{ state: 'live' }]);
  await waitFor('the folder to be gone', () => readdirSync(join(house.dataDir, 'deploy/work')).length === 0);
});

test.each(['cloning', 'building', 'pushing', 'deploying', 'verifying'])(
  'a deployment left in %s by a process that is gone comes to an end',
  async (state) => {
    const { appId } = await makeApp(house, url);
    house.compute.behave.build = 'hang';
    const id = await deployApp(house, appId);
    await house.untilState(id, 'building');
    await house.crash();
    // As kill -9 leaves it: the lease of a worker that does not exist any more, and whatever lay in the folder.
    await sql(
      "update deploy.deployments set state = $2, lease_owner = 'wrk_gone', lease_until = now() - interval '1 second' where id = $1",
      id,
      state,
    );
    house.compute.behave.build = 'ok';
    await again();
    // Nothing was built: what needs a release fails with that reason, what does not is done again.
    const ended = await house.untilState(id, 'live', 'failed');
    expect(ended.state).toBe(state === 'cloning' || state === 'building' ? 'live' : 'failed');
    if (ended.state === 'failed') expect(ended.reason).toMatch(/\.$/);
  },
);

test('a cancel that was asked for before the crash is carried out after it', async () => {
  const { appId } = await makeApp(house, url);
  house.compute.behave.build = 'hang';
  const id = await deployApp(house, appId);
  await house.untilState(id, 'building');
  await house.crash();
  await sql(
    "update deploy.deployments set cancel_requested = true, lease_until = now() - interval '1 second' where id = $1",
    id,
  );
  await again();
  await house.untilState(id, 'cancelled');
  await waitFor('the folder to be gone', () => !existsSync(join(house.dataDir, 'deploy/work', id)));
});

test('a cancel that was asked for while the last instance became healthy is carried out', async () => {
  const { appId } = await makeApp(house, url);
  house.compute.behave.beforeHealthy = async () => {
    await sql("update deploy.deployments set cancel_requested = true where state = 'deploying'");
  };
  const id = await deployApp(house, appId);
  await house.untilState(id, 'cancelled');
  await waitFor('the rollout to be taken back', () => house.compute.aborted.includes(id));
  const lines = async () => JSON.stringify(await sql('select text from deploy.log_lines where deployment_id = $1', id));
  await waitFor('the log to say so', async () => (await lines()).includes('Cancelled.'));
  expect(await lines()).not.toContain('restarted');
});

test('a deployment that ends while it builds has the release removed that its build may have left', async () => {
  const { appId } = await makeApp(house, url);
  house.compute.behave.build = 'fail';
  const id = await deployApp(house, appId);
  await house.untilState(id, 'failed');
  await waitFor('the removal', () => house.compute.removedReleases.includes(id.replace('dep_', 'rel_')));
});

test('output that comes faster than it can be stored is missing where the log says so, and nothing else is', async () => {
  const { appId } = await makeApp(house, url);
  house.compute.behave.lines = Array.from({ length: 30_000 }, (_, index) => `line ${index}`);
  const pool = createPool({ url: house.database.url, max: 1, log: createLog({ level: 'silent' }) });
  const client = await pool.connect();
  await client.query('begin');
  // Readers go on; no line can be written.
  await client.query('lock table deploy.log_lines in exclusive mode');
  const id = await deployApp(house, appId);
  await house.untilState(id, 'live');
  await client.query('commit');
  client.release();
  await pool.end();
  const texts = async () =>
    (await sql('select text from deploy.log_lines where deployment_id = $1 order by position', id)) as {
      text: string;
    }[];
  await waitFor('the whole log', async () => (await texts()).at(-1)?.text === 'Live.', { timeoutMs: 20_000 });
  const all = (await texts()).map(({ text }) => text);
  const kept = all.filter((text) => text.startsWith('line ')).length;
  const [missing] = all.flatMap((text) => /^(\d+) lines of the output are missing here/.exec(text)?.[1] ?? []);
  expect(kept).toBeGreaterThan(15_000);
  expect(kept + Number(missing)).toBe(30_000);
  expect(all).toContain('The release is stored.');
});

test('a worker whose lease was taken changes nothing any more', async () => {
  const { appId } = await makeApp(house, url);
  house.compute.behave.build = 'hang';
  const id = await deployApp(house, appId);
  await house.untilState(id, 'building');
  await sql(
    "update deploy.deployments set lease_owner = 'wrk_other', lease_until = now() + interval '1 hour' where id = $1",
    id,
  );
  await waitFor('the build to be let go', () => house.compute.builds.at(-1)!.cancelled);
  expect(await sql('select state, lease_owner from deploy.deployments where id = $1', id)).toEqual([
    { state: 'building', lease_owner: 'wrk_other' },
  ]);
});

test('what must be asked of compute after a commit is asked after a restart', async () => {
  const { appId } = await makeApp(house, url);
  const id = await deployApp(house, appId);
  await house.untilState(id, 'live');
  await house.crash();
  await sql(`insert into deploy.chores (id, kind, app_id, data) values ('cho_1', 'remove-app', $1, $2)`, appId, {
    kind: 'remove-app',
    appId,
  });
  await again();
  await waitFor('the removal', () => house.compute.removedApps.includes(appId));
  await waitFor('the chore to be gone', async () => (await sql('select id from deploy.chores')).length === 0);
});

test('folders that no deployment refers to are removed in time', async () => {
  const { mkdirSync, utimesSync } = await import('node:fs');
  const stray = join(house.dataDir, 'deploy/work/dep_stray');
  mkdirSync(stray);
  utimesSync(stray, 0, 0);
  const job = house.parts.jobs!.find((each) => each.name === 'deploy.prune-files')!;
  await job.run(AbortSignal.timeout(5000));
  expect(existsSync(stray)).toBe(false);
});
