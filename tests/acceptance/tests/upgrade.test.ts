import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createPool, findEmbeddedPostgres } from '@steading/db';
import { catalogue } from '@steading/house/catalogue';
import { createLog } from '@steading/kit';
import { defineService, type ServiceDefinition } from '@steading/service';
import { type GitServer, startGitServer, startTestHouse, waitFor } from '@steading/testkit';
import { byLength } from '@steading/testkit/length';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serverApp } from '#src/app-sources.ts';
import { checkout, makeFolder, steading } from '#src/command.ts';
import { type MadeApp, makeApp, startDeployment, visit } from '#src/main-job.ts';
import { claimHouse, createPerson, deploymentEnds, type Person, password } from '#src/person.ts';
import { type RunningShape, startShape } from '#src/shapes.ts';

/**
 * An earlier version: in an ordinary run the code as it is, with its database made to look as before there were records of
 * back-ups; in a long one the very commit before them, where this clone reaches back so far.
 */
function earlierCheckout(): string {
  if (!byLength({ quick: false, long: true })) return checkout;
  const git = (...args: string[]) =>
    spawnSync('git', ['-C', checkout, ...args], { encoding: 'utf8', maxBuffer: 1 << 30 });
  const added = git('log', '--diff-filter=A', '--format=%H', '--', 'libs/backup/package.json')
    .stdout.trim()
    .split('\n')
    .at(-1);
  const before = added ? git('rev-parse', '--verify', '--quiet', `${added}^`).stdout.trim() : '';
  if (!before) return checkout;
  const folder = makeFolder('earlier');
  execFileSync('sh', ['-c', 'git -C "$1" archive "$2" | tar -x -C "$3"', 'sh', checkout, before, folder]);
  execFileSync('pnpm', ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=silent'], {
    cwd: folder,
    env: { ...process.env, CI: 'true' },
  });
  mkdirSync(join(folder, 'apps/web/dist'), { recursive: true });
  writeFileSync(join(folder, 'apps/web/dist/index.html'), '');
  return folder;
}

describe('a house of an earlier version, started as this one on the same folder', () => {
  let house: RunningShape;
  let git: GitServer;
  let operator: Person;
  let app: MadeApp;
  let earlier: string;
  const home = makeFolder('upgrade-home');

  beforeAll(async () => {
    earlier = earlierCheckout();
    [house, git] = await Promise.all([
      startShape('one process', { DATABASE_URL: undefined, STEADING_KEEP_APPS: '1' }, { checkout: earlier }),
      startGitServer(),
    ]);
    operator = await claimHouse(house.url, house.setupToken);
    const repository = await git.repository('staying');
    await repository.commit(serverApp('one'));
    app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 1 } });
    expect((await deploymentEnds(operator, await startDeployment(operator, app.id))).state).toBe('live');
  }, 120_000);
  afterAll(async () => {
    // Else its process would outlive the house.
    await operator?.graph('mutation ($id: ID!) { removeApp(id: $id) }', { id: app.id });
    await house?.stop();
    await git?.stop();
    if (earlier !== checkout) rmSync(earlier, { recursive: true, force: true });
    rmSync(home, { recursive: true, force: true });
  });

  const instances = async () =>
    (
      await operator.graph<{ app: { instances: { id: string; state: string; restarts: number }[] } }>(
        'query ($id: ID!) { app(id: $id) { instances { id state restarts } } }',
        { id: app.id },
      )
    ).app.instances;

  test('sessions, routes and running apps stay; nobody gets a wrong answer, and the database was saved before', async () => {
    const before = await instances();
    if (earlier === checkout) await onDatabase(house, 'drop schema backup cascade');
    const asking = askOften(house, app.host);
    await house.end();
    await house.start();
    asking.isReady();
    const answered = asking.answered();
    await waitFor('more answers of the new one', () => asking.answered() > answered + 20);
    const seen = await asking.stop();
    expect(seen.wrong).toEqual([]);
    expect(seen.refusedWhileReady).toBe(0);
    expect(await instances()).toEqual(before);
    expect((await visit(house, app.host)).text).toBe('one');
    expect(await operator.graph('{ viewer { isOperator } }')).toEqual({ viewer: { isOperator: true } });
    expect(readdirSync(join(house.dataDir, 'backup/upgrades'))).toEqual([
      expect.stringMatching(/^steading-[0-9a-f]{8}-.*-upgrade\.tar\.zst\.age$/),
    ]);
    expect((await deploymentEnds(operator, await startDeployment(operator, app.id))).state).toBe('live');
  }, 150_000);

  test('the saved database leads back: into the same folder, opened by its own key', async () => {
    await house.end();
    const upgrades = join(house.dataDir, 'backup/upgrades');
    const file = join(upgrades, readdirSync(upgrades)[0] ?? '');
    const back = ['restore', file, '--database-only', '--keep-sign-ins', '--data', house.dataDir];
    renameSync(join(house.dataDir, 'postgres'), join(house.dataDir, 'postgres.after'));
    const said = await steading(back, { HOME: home });
    expect(said.code, said.err).toBe(0);
    await house.start();
    const person = createPerson(house.url);
    const signedIn = await person.rest('POST', '/auth/sign-in', { email: 'olive@example.org', password });
    expect(signedIn.status).toBeLessThan(300);
    expect((await visit(house, app.host)).text).toBe('one');
    const { app: then } = await person.graph<{ app: { newest: { number: number } } }>(
      'query ($id: ID!) { app(id: $id) { newest { number } } }',
      { id: app.id },
    );
    expect(then.newest.number).toBe(1);
  }, 150_000);
});

test('a migration that fails is named, changes nothing of any service, and the earlier version starts again', async () => {
  const forest = catalogue.filter(({ name }) => name === 'forest');
  const services = (files: Record<string, string>): ServiceDefinition[] => [
    ...forest,
    keeper('early', {
      '0001-a.sql': 'create table early.a (n integer)',
      ...(Object.keys(files).length > 0 && { '0002-more.sql': 'alter table early.a add column m integer' }),
    }),
    keeper('late', { '0001-b.sql': 'create table late.b (n integer)', ...files }),
  ];
  const older = await startTestHouse({ services: services({}) });
  await older.stop();
  const over = { database: older.database, dataDir: older.dataDir };
  await expect(
    startTestHouse({ services: services({ '0002-planted.sql': 'alter table late.nowhere add x integer' }), over }),
  ).rejects.toThrow(/0002-planted\.sql of schema late failed: .*nowhere.*the version that ran before still starts/);
  const again = await startTestHouse({ services: services({}), over });
  expect((await again.health()).every(({ ready }) => ready)).toBe(true);
  await again.close();
});

function keeper(name: string, files: Record<string, string>): ServiceDefinition {
  const folder = makeFolder(`migrations-${name}`);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const migrations = pathToFileURL(`${folder}/`);
  return defineService({ name, purpose: 'Keeps a table.', migrations, create: () => ({}) }) as ServiceDefinition;
}

async function onDatabase(house: RunningShape, sql: string): Promise<void> {
  const url = (await findEmbeddedPostgres(join(house.dataDir, 'postgres'))) ?? '';
  const pool = createPool({ url, max: 1, log: createLog({ level: 'silent' }) });
  await pool.query(sql).finally(() => pool.end());
}

/** One client that asks the app again and again. Between the two houses nobody listens, so then it may be refused. */
function askOften(house: RunningShape, host: string) {
  const wrong: string[] = [];
  let answered = 0;
  let refusedWhileReady = 0;
  let ready = false;
  let running = true;
  const ask = async () => {
    while (running) {
      try {
        const { status, text } = await visit(house, host);
        if (status !== 200 || text !== 'one') wrong.push(`${status} ${text.slice(0, 200)}`);
        answered++;
      } catch {
        if (ready) refusedWhileReady++;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  };
  const done = ask();
  return {
    answered: () => answered,
    isReady: () => void (ready = true),
    async stop() {
      running = false;
      await done;
      return { wrong, refusedWhileReady };
    },
  };
}
