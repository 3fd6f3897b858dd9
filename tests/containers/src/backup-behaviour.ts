/** Back-ups of houses in containers: made, proven and restored by the commands of the guide, word by word. */
import { chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  claimHouse,
  createPerson,
  deploymentEnds,
  type MadeApp,
  type Person,
  password,
  registerPerson,
  serverApp,
} from '@steading/acceptance';
import { waitFor } from '@steading/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Docker } from '#src/docker.ts';
import { openGuide } from '#src/guide.ts';
import { deployHello, read, sendArchive } from '#src/hello-app.ts';
import { containersOf, untilHealthy } from '#src/house.ts';
import { checkout } from '#src/images.ts';

const slow = { timeoutMs: 60_000, everyMs: 200 };
const name = /steading-[\w-]+\.tar\.zst\.age/;
const keyForm = /AGE-SECRET-KEY-1\w+/;

export interface BackupsOptions {
  readonly docker: () => Docker;
  /** Of the engines beside the house. */
  readonly engines: Readonly<Record<string, string>>;
}

export function backupsOfContainers({ docker, engines }: BackupsOptions): void {
  describe('back-ups of a house in one container', () => {
    const url = 'http://localhost:26415';
    const place = makePlace();
    const here = {
      '/srv/steading-backups': place.backups,
      '-p 4600:4600': '--network host -e STEADING_HTTP_PORT=26415',
      'http://localhost:4600': url,
    };
    const guide = () => openGuide({ docker: docker(), cwd: place.folder, here });
    let operator: Person;
    let member: Person;
    let app: MadeApp;

    beforeAll(async () => {
      await guide().type('install -d');
      await guide().type('docker run -d --name steading');
      await untilHealthy(docker(), 'steading');
      const link = await guide().type('docker exec steading cat /data/setup-link');
      operator = await claimHouse(url, new URL(link).hash.slice(1));
      ({ app, member } = await furnish(operator));
    }, 300_000);
    afterAll(async () => {
      await docker().run(['rm', '--force', 'steading']);
      await docker().run(['volume', 'rm', '--force', 'steading']);
      place.remove();
    });

    test('none is made before there is a recovery key', async () => {
      await expect(docker().run(['exec', 'steading', 'steading', 'backup'])).rejects.toThrow(
        /no recovery key.*steading backup key/,
      );
    });

    test('it is made while people write, proven, and the operator sees both', async () => {
      place.keep(await guide().type('docker exec steading steading backup key'));
      const said = await whileWriting(operator, () => guide().type('docker exec steading steading backup'));
      expect(readdirSync(place.backups)).toEqual([name.exec(said)?.[0]]);
      expect(await guide().type('docker exec steading steading backup verify')).toContain('can be restored');
      expect(await guide().type('docker exec steading steading backup list')).toContain('proven');
      await expectSeen(operator);
      expect(await guide().type('docker exec steading steading status')).toMatch(/last proven restore \d/);
    }, 300_000);

    test('a second container on the volume of one that runs is refused, and harms nothing', async () => {
      const closed = ['run', '--rm', '--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--network', 'none'];
      for (const command of [
        ['serve'],
        ['backup', 'list'],
        ['restore', '/backups/x', '--recovery-key-file', '/backups/key'],
      ]) {
        writeFileSync(join(place.backups, 'key'), place.key(), { mode: 0o644 });
        const second = docker().run([
          ...closed,
          '-v',
          'steading:/data',
          '-v',
          `${place.backups}:/backups`,
          'steading',
          ...command,
        ]);
        await expect(second).rejects.toThrow(/Another house works on \/data, in another container/);
      }
      rmSync(join(place.backups, 'key'));
      expect(await guide().type('docker exec steading steading status')).toContain('Ready');
      expect(await read(url, app.host)).toContain('hello');
    }, 120_000);

    test('on another machine it is the same house: people, apps, secrets and the audit trail', async () => {
      await guide().type('docker stop --time 60 steading');
      await docker().run(['rm', 'steading']);
      await docker().run(['volume', 'rm', 'steading']);
      const [file = ''] = readdirSync(place.backups);
      const said = await guide().type('docker run -i --rm', { '<back-up>': file });
      expect(said).toMatch(/Everybody signs in again.*\n(.*\n)*Start the house on this volume/);
      await guide().type('docker run -d --name steading');
      await untilHealthy(docker(), 'steading');
      await expectTheSame({ url, operator, member, app });
    }, 300_000);
  });

  describe('back-ups of a house of several containers', () => {
    const url = 'http://localhost:26416';
    const place = makePlace();
    const env = { ...engines, STEADING_PORT: '26416', STEADING_PUBLIC_URL: url, STEADING_BACKUPS: place.backups };
    // Another name than that of other tests; what is theirs is not touched.
    const here = { '-p steading': '-p kept' };
    const guide = () => openGuide({ docker: docker(), cwd: place.folder, env, here });
    const compose = 'docker compose -p steading -f deploy/compose.yaml';
    const untilReady = () =>
      waitFor('the house to be ready', async () => (await fetch(`${url}/readyz`)).ok, {
        timeoutMs: 240_000,
        everyMs: 500,
      });
    const down = () =>
      docker().type('docker compose -p kept -f deploy/compose.yaml down --volumes', { cwd: place.folder, env });
    let operator: Person;
    let member: Person;
    let app: MadeApp;

    beforeAll(async () => {
      mkdirSync(place.backups, { mode: 0o700 });
      chownSync(place.backups, 10_001, 10_001);
      await guide().type('sh deploy/make-secrets.sh');
      await up();
      const link = await guide().type(`${compose} exec -T people cat`);
      operator = await claimHouse(url, new URL(link).hash.slice(1));
      ({ app, member } = await furnish(operator));
    }, 600_000);
    afterAll(async () => {
      await down();
      place.remove();
    }, 120_000);

    async function up(): Promise<void> {
      await guide().type(`${compose} up -d`);
      await untilReady();
    }

    test('it is made and proven in the container that has the files of apps', async () => {
      place.keep(await guide().type(`${compose} exec -T works steading backup key`));
      const said = await whileWriting(operator, () => guide().type(`${compose} exec -T works steading backup`));
      expect(readdirSync(place.backups)).toEqual([name.exec(said)?.[0]]);
      expect(await guide().type(`${compose} exec -T works steading backup verify`)).toContain('can be restored');
      await expectSeen(operator);
    }, 300_000);

    test('on another machine it is the same house', async () => {
      await down();
      const [file = ''] = readdirSync(place.backups);
      const said = await guide().type(`${compose} run --rm -T works restore`, { '<back-up>': file });
      expect(said).toMatch(/Everybody signs in again/);
      await up();
      expect(await containersOf(docker(), 'works', 'compose')).not.toEqual([]);
      await expectTheSame({ url, operator, member, app });
    }, 600_000);
  });
}

interface Place {
  /** Has a copy of `deploy`. */
  readonly folder: string;
  readonly backups: string;
  /** Writes the recovery key that was shown into the file that the guide names. */
  keep(said: string): void;
  key(): string;
  remove(): void;
}

function makePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'steading-place-'));
  let key = '';
  cpSync(join(checkout, 'deploy'), join(folder, 'deploy'), { recursive: true });
  return {
    folder,
    backups: join(folder, 'backups'),
    keep(said) {
      key = keyForm.exec(said)?.[0] ?? '';
      expect(key).not.toBe('');
      writeFileSync(join(folder, 'recovery-key'), `${key}\n`, { mode: 0o600 });
    },
    key: () => key,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A live app with a secret, and a second person. */
async function furnish(operator: Person): Promise<{ app: MadeApp; member: Person }> {
  const app = await deployHello(operator);
  await operator.graph(
    'mutation ($id: ID!) { setVariables(ownerId: $id, variables: [{ name: "SEALED", value: "sealed with the master key", secret: true }]) { name } }',
    { id: app.id },
  );
  const member = await registerPerson(operator, 'Mia Member', 'mia@example.org');
  await member.graph(
    'mutation { createSpace(input: { nameId: "of-mia", name: "Of Mia", privacy: "private" }) { id } }',
  );
  return { app, member };
}

/** Somebody makes spaces from before the work until after it. */
async function whileWriting<T>(operator: Person, work: () => Promise<T>): Promise<T> {
  let writing = true;
  let made = 0;
  const input = () => ({ nameId: `meanwhile-${made}`, name: `Meanwhile ${made}`, privacy: 'private' });
  const write = async () => {
    for (; writing || made === 0; made++) {
      await operator.graph('mutation ($i: CreateSpaceInput!) { createSpace(input: $i) { id } }', { i: input() });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const [result] = await Promise.all([work().finally(() => (writing = false)), write()]);
  expect(made).toBeGreaterThan(1);
  return result;
}

/** Of the newest back-up, that it was made and proven. */
async function expectSeen(operator: Person): Promise<void> {
  const { backups } = await operator.graph<{ backups: { concern: null; lastBackup: object; lastProof: object } }>(
    '{ backups { concern lastBackup { name } lastProof { name } } }',
  );
  expect(backups.concern).toBeNull();
  expect(backups.lastProof).toEqual(backups.lastBackup);
}

async function expectTheSame(told: { url: string; operator: Person; member: Person; app: MadeApp }): Promise<void> {
  const { url, operator, member, app } = told;
  await waitFor('the app', async () => (await read(url, app.host)).includes('hello'), slow);
  expect(await operator.refusal('{ mySpaces { id } }')).toBe('unauthenticated');
  expect(await member.refusal('{ mySpaces { id } }')).toBe('unauthenticated');
  const again = await signIn(url, 'olive@example.org');
  const mia = await signIn(url, 'mia@example.org');
  expect(await mia.graph('{ mySpaces { name } }')).toEqual({ mySpaces: [{ name: 'Of Mia' }] });
  const { verifyAudit, audit } = await again.graph<{
    verifyAudit: { ok: boolean };
    audit: { nodes: { action: string }[] };
  }>('{ verifyAudit { ok } audit(first: 20) { nodes { action } } }');
  expect(verifyAudit.ok).toBe(true);
  expect(audit.nodes.map(({ action }) => action)).toContain('house.restored');
  // A new deployment goes through events of every service, and is given the secret.
  const next = await sendArchive(again, app.id, serverApp('hello again'));
  expect(await deploymentEnds(again, next, 120_000)).toMatchObject({ state: 'live', trace: { lost: 0 } });
  expect(JSON.parse(await read(url, app.host, '/env'))).toMatchObject({ SEALED: 'sealed with the master key' });
}

async function signIn(url: string, email: string): Promise<Person> {
  const person = createPerson(url);
  expect((await person.rest('POST', '/auth/sign-in', { email, password })).status).toBeLessThan(300);
  return person;
}
