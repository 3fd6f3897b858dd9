import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type GitServer, startGitServer, waitFor } from '@steading/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverApp } from '#src/app-sources.ts';
import { checkout, makeFolder, steading } from '#src/command.ts';
import { makeToken } from '#src/garden.ts';
import { type MadeApp, makeApp, startDeployment, visit } from '#src/main-job.ts';
import { claimHouse, createPerson, deploymentEnds, type Person, password } from '#src/person.ts';
import { type RunningShape, startShape } from '#src/shapes.ts';

let house: RunningShape;
let git: GitServer;
let operator: Person;
let app: MadeApp;
let token: string;
const base = makeFolder('backups');
const kept = join(base, 'kept');
const keyFile = join(base, 'recovery-key');
const restored = join(base, 'restored');
const internal = { STEADING_ALLOW_INTERNAL_SOURCES: 'true', STEADING_ALLOW_INSECURE_SOURCES: 'true' };
const env = { HOME: base, STEADING_BACKUP_TO: kept, ...internal };

beforeAll(async () => {
  [house, git] = await Promise.all([startShape('one process', { DATABASE_URL: undefined }), startGitServer()]);
  operator = await claimHouse(house.url, house.setupToken);
  const repository = await git.repository('kept');
  await repository.commit(serverApp('still here'));
  app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 1 } });
  await operator.graph(
    'mutation ($id: ID!) { setVariables(ownerId: $id, variables: [{ name: "SEALED", value: "sealed with the master key", secret: true }]) { name } }',
    { id: app.id },
  );
  expect((await deploymentEnds(operator, await startDeployment(operator, app.id))).state).toBe('live');
  token = (await makeToken(operator, [])).value;
});
afterAll(async () => {
  await steading(['down', '--data', restored], env);
  await house?.stop();
  await git?.stop();
  rmSync(base, { recursive: true, force: true });
});

const onHouse = (args: readonly string[]) => steading([...args, '--data', house.dataDir], env);
const names = () => readdirSync(kept).filter((name) => name.endsWith('.age'));
const newest = () => join(kept, names().sort().at(-1) ?? '');

/** Runs the command, and kills it outright once `when` is true. */
async function killed(args: readonly string[], when: () => boolean): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [join(checkout, 'apps/cli/src/main.ts'), ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: 'ignore',
  });
  const ended = new Promise((done) => child.once('exit', done));
  try {
    await waitFor(`the moment to kill ${args[0]}`, () => when() || child.exitCode !== null, {
      everyMs: 3,
      timeoutMs: 90_000,
    });
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

test('no back-up is made before there is a key that opens it elsewhere', async () => {
  const said = await onHouse(['backup']);
  expect(said).toMatchObject({ code: 1, out: '' });
  expect(said.err).toMatch(/no recovery key.*steading backup key/);
  expect((await onHouse(['backup', 'key', '--out', keyFile])).code).toBe(0);
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
});

test('one that is killed leaves nothing that counts, and the next clears it away', async () => {
  const half = () => existsSync(kept) && readdirSync(kept).some((name) => name.endsWith('.unfinished'));
  await killed(['backup', '--data', house.dataDir], half);
  expect(names()).toEqual([]);
});

test('it is made while people write, proven by a restore, and the operator sees both', async () => {
  let writing = true;
  let made = 0;
  const write = async () => {
    while (writing) {
      const input = { nameId: `meanwhile-${made}`, name: `Meanwhile ${made}`, privacy: 'private' };
      await operator.graph('mutation ($input: CreateSpaceInput!) { createSpace(input: $input) { id } }', { input });
      made++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const writes = write();
  const said = await onHouse(['backup', '--json']);
  writing = false;
  await writes;
  expect(said.code, said.err).toBe(0);
  expect(made).toBeGreaterThan(0);
  expect(readdirSync(kept)).toEqual([JSON.parse(said.out).name]);
  const proven = await onHouse(['backup', 'verify', '--json']);
  expect(proven.code, proven.err).toBe(0);
  const { backups } = await operator.graph<{
    backups: { concern: string | null; lastBackup: { name: string }; lastProof: { name: string; finishedAt: string } };
  }>('{ backups { concern lastBackup { name } lastProof { name finishedAt } } }');
  expect(backups).toMatchObject({ concern: null, lastBackup: { name: names()[0] }, lastProof: { name: names()[0] } });
  expect((await onHouse(['status'])).out).toContain(`last proven restore ${backups.lastProof.finishedAt}`);
}, 120_000);

test('no secret of the house stands in it in the clear', () => {
  const bytes = readFileSync(newest());
  const master = readFileSync(join(house.dataDir, 'keys/master.key'));
  expect(bytes.includes(master)).toBe(false);
  for (const word of ['olive@example.org', 'still here', 'Meanwhile', 'master.key'])
    expect(bytes.includes(word)).toBe(false);
});

test('a folder in use is refused in one sentence, without changing anything', async () => {
  const running = await onHouse(['restore', newest(), '--recovery-key-file', keyFile]);
  expect(running).toMatchObject({ code: 1, out: '' });
  expect(running.err).toMatch(/already runs on/);
});

test('a restore that is killed is no house, and run again it becomes one', async () => {
  mkdirSync(restored, { mode: 0o711 });
  await killed(['restore', newest(), '--data', restored, '--recovery-key-file', keyFile], () =>
    existsSync(join(restored, 'postgres/data/PG_VERSION')),
  );
  expect(existsSync(join(restored, 'restoring.json'))).toBe(true);
  await house.stop();
  expect((await steading(['up', '--data', restored, '--port', String(house.port)], env)).err).toMatch(
    /was cut short.*Run steading restore again/,
  );
  const said = await steading(['restore', newest(), '--data', restored, '--recovery-key-file', keyFile], env);
  expect(said.code, said.err).toBe(0);
  expect(said.out).toMatch(/Everybody signs in again/);
}, 150_000);

test('in the restored house everything is there and goes on: people, apps, secrets, events, the audit trail', async () => {
  const up = await steading(['up', '--data', restored, '--port', String(house.port)], env);
  expect(up.code, up.err).toBe(0);
  await waitFor('the app', async () => (await visit(house, app.host)).text === 'still here', { timeoutMs: 20_000 });
  expect(JSON.parse((await visit(house, app.host, '/env')).text)).toMatchObject({
    SEALED: 'sealed with the master key',
  });
  expect(await operator.refusal('{ mySpaces { id } }')).toBe('unauthenticated');
  const withToken = await fetch(`${house.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{"query":"{ mySpaces { id } }"}',
  });
  expect(JSON.stringify(await withToken.json())).toContain('gateway.token-invalid');
  const again = createPerson(house.url);
  expect((await again.rest('POST', '/auth/sign-in', { email: 'olive@example.org', password })).status).toBeLessThan(
    300,
  );
  const { verifyAudit, audit, backups } = await again.graph<{
    verifyAudit: { ok: boolean };
    audit: { nodes: { action: string }[] };
    backups: { lastProof: { kind: string } };
  }>('{ verifyAudit { ok } audit(first: 20) { nodes { action } } backups { lastProof { kind } } }');
  expect(verifyAudit.ok).toBe(true);
  expect(audit.nodes.map(({ action }) => action)).toContain('house.restored');
  expect(backups.lastProof.kind).toBe('restore');
  // A deployment goes through events of every service: they are heard on the new server.
  const ended = await deploymentEnds(again, await startDeployment(again, app.id));
  expect(ended).toMatchObject({ state: 'live', trace: { lost: 0 } });
}, 150_000);
