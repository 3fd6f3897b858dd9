/** `git pull` and `steading restart`: a house gives way to the next version of itself while people ask its apps. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { findEmbeddedPostgres } from '@steading/db';
import { type GitServer, startGitServer, waitFor } from '@steading/testkit';
import { byLength } from '@steading/testkit/length';
import pg from 'pg';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverApp } from '#src/app-sources.ts';
import { makeFolder, steading, steadingOf } from '#src/command.ts';
import { checkOutEarlier, commitBefore, copyCheckout, pull, setVersion } from '#src/copied-checkout.ts';
import { type MadeApp, makeApp, startDeployment } from '#src/main-job.ts';
import { claimHouse, deploymentEnds, type Person } from '#src/person.ts';
import { freePorts } from '#src/shapes.ts';

/** In a long run the version before is the code of then: of before back-ups could be asked for. */
const earlier = byLength({ quick: undefined, long: commitBefore('services/observe/src/asked-backups.ts') });

const root = makeFolder('upgraded');
const [data, home] = [join(root, 'data'), join(root, 'home')];
const house = join(root, 'checkout');
const env = {
  ...{ HOME: home, STEADING_DATA: data },
  ...{ STEADING_ALLOW_INTERNAL_SOURCES: 'true', STEADING_ALLOW_INSECURE_SOURCES: 'true' },
};
let git: GitServer;
let operator: Person;
let app: MadeApp;
let port = 0;
let load: ReturnType<typeof startLoad>;

beforeAll(async () => {
  for (const folder of [data, home, house]) mkdirSync(folder, { mode: 0o711 });
  if (earlier) checkOutEarlier(house, earlier);
  else copyCheckout(house);
  setVersion(house, '0.0.1');
  [port = 0] = await freePorts(1);
  git = await startGitServer();
  const said = await steadingOf(house, ['up', '--port', String(port)], env);
  expect(said.code, said.err).toBe(0);
  const url = `http://localhost:${port}`;
  operator = await claimHouse(url, new URL(readFileSync(join(data, 'setup-link'), 'utf8').trim()).hash.slice(1));
  const repository = await git.repository('staying');
  await repository.commit(serverApp('same', { delayMs: 30 }));
  app = await makeApp(operator, repository.url);
  expect((await deploymentEnds(operator, await startDeployment(operator, app.id))).state).toBe('live');
  load = startLoad();
}, 240_000);
afterAll(async () => {
  await load?.stop();
  await operator?.graph('mutation ($id: ID!) { removeApp(id: $id) }', { id: app.id }).catch(() => {});
  await steadingOf(house, ['down'], env);
  await git?.stop();
  rmSync(root, { recursive: true, force: true });
});

const running = () => JSON.parse(readFileSync(join(data, 'house.json'), 'utf8')) as { pid: number; version: string };
const saved = () => (existsSync(join(data, 'backup/upgrades')) ? readdirSync(join(data, 'backup/upgrades')) : []);
/** From which bundle a process of this house runs. */
const bundleOf = (pid: number) => {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  return dirname(links.find((path) => path.startsWith(join(house, 'apps/house/dist/'))) ?? 'none');
};
const migration = (name: string) => join(house, 'services/spaces/src/migrations', name);
const next = (after: number) => {
  const count = readdirSync(join(house, 'services/spaces/src/migrations')).length;
  return String(count + after).padStart(4, '0');
};

async function ask(sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: await findEmbeddedPostgres(join(data, 'postgres')) });
  await client.connect();
  return client
    .query(sql)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

async function instanceOf(): Promise<string> {
  const answer = await request(`http://127.0.0.1:${port}/env`, { headers: { host: app.host, connection: 'close' } });
  return (JSON.parse(await answer.body.text()) as { STEADING_INSTANCE: string }).STEADING_INSTANCE;
}

test('a checkout from which the house does not run says where it does', async () => {
  const said = await steading(['restart'], env);
  expect(said.code).toBe(1);
  expect(said.err).toMatch(`runs from ${house}`);
});

test('a version whose migrations would fail is refused, and the one that runs goes on', async () => {
  if (earlier) pull(house, earlier);
  setVersion(house, '0.0.2');
  const before = running();
  const file = migration(`${next(1)}-planted.sql`);
  writeFileSync(
    file,
    'alter table spaces.spaces add column planted text;\nalter table spaces.nowhere add column x text;',
  );
  await load.answered(20);
  const said = await steadingOf(house, ['restart'], env);
  expect(said).toMatchObject({ code: 1, out: '' });
  expect(said.err).toMatch(
    /could not be prepared: it ended with 1\. This house goes on\.\n.*-planted\.sql of schema spaces failed: .*nowhere/,
  );
  expect(running()).toEqual(before);
  expect(await operator.graph('{ houseInfo { version } }')).toEqual({ houseInfo: { version: '0.0.1' } });
  expect(await ask("select 1 from information_schema.columns where column_name = 'planted'")).toEqual([]);
  expect(saved()).toEqual([]);
  await load.answered(20);
  rmSync(file);
}, 120_000);

test('the next version takes over with the same app, after the database was saved, and no request is lost', async () => {
  const [before, instance] = [running(), await instanceOf()];
  writeFileSync(
    migration(`${next(1)}-planted.sql`),
    "alter table spaces.spaces add column planted text default 'grown';",
  );
  appendFileSync(join(house, 'services/spaces/src/service.ts'), '\n// Of the next version.\n');
  const bundle = bundleOf(before.pid);
  await load.answered(20);
  const said = await steadingOf(house, ['restart'], env);
  expect(said.code, said.err).toBe(0);
  await load.answered(20);
  expect(running()).toMatchObject({ version: '0.0.2' });
  expect(running().pid).not.toBe(before.pid);
  const bundles = [bundleOf(running().pid), ...(earlier ? [] : [bundle])];
  expect(new Set(bundles).size).toBe(bundles.length);
  for (const folder of bundles) expect(existsSync(join(folder, 'main.js')), folder).toBe(true);
  expect(await operator.graph('{ houseInfo { version } viewer { isOperator } }')).toEqual({
    houseInfo: { version: '0.0.2' },
    viewer: { isOperator: true },
  });
  expect(await ask('select planted from spaces.spaces limit 1')).toEqual([{ planted: 'grown' }]);
  expect(saved()).toEqual([expect.stringMatching(/-upgrade\.tar\.zst\.age$/)]);
  expect(await instanceOf()).toBe(instance);
  const seen = await load.stop();
  expect(seen.lost).toEqual([]);
  expect(seen.answered).toBeGreaterThan(100);
}, 180_000);

/** Clients that ask the app again and again, by GET, on kept and on new connections. */
function startLoad() {
  const kept = new Agent({ connections: 3 });
  const lost: string[] = [];
  let answered = 0;
  let isRunning = true;
  const ask = async (dispatcher?: Agent) => {
    while (isRunning) {
      try {
        const headers = { host: app.host, ...(!dispatcher && { connection: 'close' }) };
        const answer = await request(`http://127.0.0.1:${port}/`, { headers, ...(dispatcher && { dispatcher }) });
        const text = await answer.body.text();
        if (answer.statusCode === 200 && text === 'same') answered++;
        else lost.push(`${answer.statusCode} ${text}`);
      } catch (error) {
        lost.push(String(error));
      }
    }
  };
  const clients = [1, 2, 3].flatMap(() => [ask(kept), ask()]);
  return {
    answered: (more: number) => {
      const until = answered + more;
      return waitFor('more answers', () => answered >= until, { timeoutMs: 30_000, everyMs: 20 });
    },
    async stop() {
      isRunning = false;
      await Promise.all(clients);
      await kept.destroy();
      return { lost, answered };
    },
  };
}
