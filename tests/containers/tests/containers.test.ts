import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import {
  appSubgraph,
  claimHouse,
  hostileInput,
  join,
  type MadeApp,
  mainJob,
  openLive,
  type Person,
  strangers,
} from '@steading/acceptance';
import { waitFor } from '@steading/testkit';
import { byLength } from '@steading/testkit/length';
import type { Socket } from 'socket.io-client';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backupsOfContainers } from '#src/backup-behaviour.ts';
import { type Docker, runProgram, startDocker, whyNoDocker } from '#src/docker.ts';
import { deployHello } from '#src/hello-app.ts';
import { containersOf, imageLimitMegabytes, imageSizes, memoryOf, setupToken, startInContainer } from '#src/house.ts';
import { buildHouse, checkout, makeBase, makeEngines } from '#src/images.ts';
import { liveThroughKill } from '#src/live-behaviour.ts';

// The name that the guide gives it.
const image = 'steading';
const withStack = byLength({ quick: false, long: true });

const skipped = whyNoDocker();
if (skipped) console.log(`skipped: ${skipped}`);

describe.skipIf(skipped !== undefined)('the house in containers', () => {
  let docker: Docker;
  /** A copy of deploy/, with secrets of its own. */
  const guide = mkdtempSync(path(tmpdir(), 'steading-deploy-'));

  beforeAll(async () => {
    docker = await startDocker();
    await makeBase(docker, 'base');
    await buildHouse(docker, { base: 'base', tag: image });
    if (!withStack) return;
    await makeEngines(docker, { base: 'base', house: image });
    cpSync(path(checkout, 'deploy'), guide, { recursive: true });
    await runProgram(['sh', path(guide, 'make-secrets.sh')]);
  }, 900_000);
  afterAll(async () => {
    rmSync(guide, { recursive: true, force: true });
    await docker?.stop();
  }, 120_000);

  const engines = {
    STEADING_IMAGE: image,
    POSTGRES_IMAGE: 'test-postgres',
    NATS_IMAGE: 'test-nats',
    HAPROXY_IMAGE: 'test-balancer',
  };

  test('its image is small enough', async () => {
    const { total, layers } = await imageSizes(docker, image);
    console.log(
      `image: ${total.toFixed(0)} MB of ${imageLimitMegabytes}, layers: ${layers.map((size) => size.toFixed(0)).join(', ')}`,
    );
    expect(total).toBeLessThanOrEqual(imageLimitMegabytes);
  });

  test('its image holds what runs and nothing to build, test or install with', async () => {
    const find = `find / -xdev \\( -name .git -o -name '*.test.ts' -o -name .npmrc -o -name gcc -o -name 'pnpm' -o -name apt-get \
      -o -name typescript -o -name vite -o -name vitest -o -name tests -o -name secrets \\) -not -path '/proc/*' 2>/dev/null; find / -xdev -perm -4000 -type f 2>/dev/null; true`;
    expect(await docker.run(['run', '--rm', '--entrypoint', 'sh', image, '-c', find])).toBe('');
    expect(await docker.run(['run', '--rm', '--entrypoint', 'id', image, '-u'])).toBe('10001');
    const { Env } = JSON.parse(await docker.run(['image', 'inspect', '--format', '{{json .Config}}', image])) as {
      Env: string[];
    };
    expect(Env.filter((line) => /registry|token|proxy|CERT/i.test(line))).toEqual([]);
  });

  test('all of it runs in one container that may do nothing and write nowhere else', async () => {
    const house = await startInContainer(docker, { image, name: 'one', port: 26411 });
    const operator = await claimHouse(house.url, house.setupToken);
    expect(await operator.graph('{ viewer { person { name } } }')).toEqual({
      viewer: { person: { name: 'Olive Operator' } },
    });
    expect((await fetch(`${house.url}/`)).headers.get('content-type')).toContain('text/html');
    expect(await docker.run(['exec', 'one', 'steading', 'status'])).toContain('Ready');
    expect(await docker.run(['exec', 'one', 'steading', 'doctor'])).toMatch(/good +isolation of apps/);
    await docker.run(['stop', '--time', '60', 'one']);
    expect(await docker.run(['inspect', '--format', '{{.State.ExitCode}}', 'one'])).toBe('0');
    await docker.run(['start', 'one']);
    await waitFor('it to know its people', async () => (await operator.rest('GET', '/readyz')).status === 200, {
      timeoutMs: 60_000,
      everyMs: 200,
    });
    await house.stop();
  }, 300_000);

  if (withStack) {
    let port = 26_420;
    const start = (env: Readonly<Record<string, string>>) =>
      startInContainer(docker, {
        ...{ image, name: `house-${++port}`, port },
        env: { STEADING_ALLOW_INTERNAL_SOURCES: 'true', STEADING_ALLOW_INSECURE_SOURCES: 'true', ...env },
      });
    for (const suite of [mainJob, appSubgraph, strangers, hostileInput]) suite('one container', start);
    backupsOfContainers({ docker: () => docker, engines });
  }

  describe.runIf(withStack)('with Compose, as deploy/compose.yaml says', () => {
    const url = 'http://localhost:26414';
    const env = { ...engines, STEADING_PORT: '26414', STEADING_PUBLIC_URL: url };
    const compose = (...argv: string[]) =>
      docker.compose(['-p', 'house', '-f', 'compose.yaml', ...argv], { cwd: guide, env });

    test('two gateways serve an app of another container, and all of it stops in order', async () => {
      await compose('up', '-d');
      const gateways = () => containersOf(docker, 'gateway', 'compose');
      const isReady = async () => (await fetch(`${url}/readyz`)).ok && (await gateways()).length === 2;
      await waitFor('the house to be ready', isReady, { timeoutMs: 240_000, everyMs: 500 });
      const [people] = await containersOf(docker, 'people', 'compose');
      const operator = await claimHouse(url, await setupToken(docker, people!.id));
      await deployHello(operator);
      const [one] = await gateways();
      await docker.run(['kill', '--signal', 'KILL', one!.id]);
      const isAnswered = async () => (await operator.rest('GET', '/livez')).status === 200;
      await waitFor('the other to answer', isAnswered, { timeoutMs: 10_000 });
      const own = await docker.run(['ps', '-q', '--no-trunc', '--filter', 'label=com.docker.compose.project=house']);
      await compose('stop');
      const codes = await docker.run([
        'inspect',
        '--format',
        '{{.Config.Image}} {{.State.ExitCode}}',
        ...own.split('\n'),
      ]);
      const ofHouse = codes.split('\n').filter((line) => line.startsWith(`${image} `));
      expect(new Set(ofHouse)).toEqual(new Set([`${image} 0`]));
      await compose('down', '--volumes');
    }, 600_000);
  });

  describe.runIf(withStack)('on Swarm, as deploy/stack.yaml says', () => {
    const url = 'http://localhost:26412';
    let operator: Person;
    let app: MadeApp;

    beforeAll(async () => {
      await docker.run(['swarm', 'init', '--advertise-addr', '127.0.0.1', '--default-addr-pool', '10.214.0.0/16']);
      const node = await docker.run(['node', 'ls', '-q']);
      await docker.run(['node', 'update', '--label-add', 'steading.data=true', node]);
      const env = { ...engines, STEADING_PORT: '26412', STEADING_PUBLIC_URL: url };
      await docker.run(['stack', 'deploy', '--resolve-image', 'never', '-c', 'stack.yaml', 'steading'], {
        cwd: guide,
        env,
      });
      const isReady = async () =>
        (await fetch(`${url}/readyz`)).ok && (await containersOf(docker, 'gateway')).length === 2;
      await waitFor('the house to be ready', isReady, { timeoutMs: 240_000, everyMs: 500 });
      const people = (await containersOf(docker, 'people'))[0]!;
      operator = await claimHouse(url, await setupToken(docker, people.id));
    }, 600_000);

    test('an app of one container is reached through gateways of others', async () => {
      app = await deployHello(operator);
    }, 120_000);

    test('a killed gateway is missed by nobody who comes again', async () => {
      const [one] = await containersOf(docker, 'gateway');
      await docker.run(['kill', '--signal', 'KILL', one!.id]);
      await waitFor('the other to answer', async () => (await operator.rest('GET', '/livez')).status === 200, {
        timeoutMs: 10_000,
      });
      const { mySpaces } = await operator.graph<{ mySpaces: { id: string }[] }>('{ mySpaces { id } }');
      expect(mySpaces.length).toBeGreaterThan(0);
      await waitFor('two gateways', async () => (await containersOf(docker, 'gateway')).length === 2, {
        timeoutMs: 120_000,
        everyMs: 500,
      });
    }, 180_000);

    test('a rolling update loses none of the requests that come meanwhile', async () => {
      const dispatcher = new Agent({ connections: 6 });
      const lost: string[] = [];
      let answered = 0;
      let running = true;
      const client = async (_: unknown, index: number) => {
        const [path, host] = index % 2 === 0 ? ['/livez', 'localhost'] : ['/', app.host];
        while (running) {
          try {
            const answer = await request(`${url}${path}`, { dispatcher, headers: { host } });
            await answer.body.text();
            if (answer.statusCode === 200) answered++;
            else lost.push(String(answer.statusCode));
          } catch (error) {
            lost.push(String(error));
          }
        }
      };
      const before = (await containersOf(docker, 'gateway')).map((task) => task.id);
      const clients = Array.from({ length: 6 }).map(client);
      await docker.run(['service', 'update', '--force', 'steading_gateway'], { timeoutMs: 400_000 });
      running = false;
      await Promise.all(clients);
      await dispatcher.close();
      console.log(`rolling update: ${answered} answered, ${lost.length} lost`);
      // The last one may still finish what it has.
      const isReplaced = async () => (await containersOf(docker, 'gateway')).every((task) => !before.includes(task.id));
      await waitFor('every gateway to be another one', isReplaced, { timeoutMs: 60_000, everyMs: 500 });
      expect(lost).toEqual([]);
      expect(answered).toBeGreaterThan(100);
    }, 420_000);

    test('live connections open through either gateway', async () => {
      for (let count = 0; count < 4; count++) {
        const socket = (await openLive(url, operator.cookie())) as Socket;
        expect(typeof socket).toBe('object');
        expect((await join(socket, { topic: 'app', id: 'app_none' })).error?.code).toBe('not-found');
        socket.disconnect();
      }
    });

    test('whoever is connected to a gateway that is killed comes back by itself, and misses no line and no state', async () => {
      await liveThroughKill({ docker, operator, app });
    }, 240_000);

    test('each container stays within its memory', async () => {
      const used = await memoryOf(docker);
      console.log(used.map(({ name, megabytes }) => `${name} ${megabytes.toFixed(0)} MB`).join(', '));
      for (const { name, megabytes } of used) if (name.startsWith('steading_')) expect(megabytes).toBeLessThan(400);
    });
  });
});
