import { type GitServer, startGitServer, waitFor } from '@steading/testkit';
import { byLength } from '@steading/testkit/length';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverApp } from '#src/app-sources.ts';
import { type Balancer, startBalancer } from '#src/balancer.ts';
import { type MadeApp, makeApp, startDeployment } from '#src/main-job.ts';
import { claimHouse, deploymentEnds } from '#src/person.ts';
import { type RunningShape, startShape } from '#src/shapes.ts';

const rounds = byLength({ quick: 1, long: 4 });

let house: RunningShape;
let git: GitServer;
let balancer: Balancer;
let app: MadeApp;

beforeAll(async () => {
  [house, git, balancer] = await Promise.all([startShape('several processes'), startGitServer(), startBalancer()]);
  const operator = await claimHouse(house.url, house.setupToken);
  const repository = await git.repository('rolling');
  await repository.commit(serverApp('same', { delayMs: 50 }));
  app = await makeApp(operator, repository.url);
  expect((await deploymentEnds(operator, await startDeployment(operator, app.id))).state).toBe('live');
}, 120_000);

afterAll(async () => {
  await balancer?.stop();
  await house?.stop();
  await git?.stop();
});

test('gateways behind a balancer are replaced one after the other, and nothing is lost', async () => {
  const drain = { STEADING_DRAIN_SECONDS: '1.5' };
  let current = await house.addGateway(drain);
  balancer.set([current]);
  await waitFor('the gateway to be taken', () => balancer.ready().length === 1);
  const dispatcher = new Agent({ connections: 6 });
  const lost: string[] = [];
  let answered = 0;
  let running = true;
  const client = async () => {
    while (running) {
      try {
        const answer = await request(`http://127.0.0.1:${balancer.port}/`, { headers: { host: app.host }, dispatcher });
        const text = await answer.body.text();
        if (answer.statusCode === 200 && text === 'same') answered++;
        else lost.push(`${answer.statusCode} ${text.slice(0, 100)}`);
      } catch (error) {
        lost.push(String(error));
      }
    }
  };
  const clients = Array.from({ length: 6 }, client);
  for (let round = 0; round < rounds; round++) {
    const next = await house.addGateway(drain);
    balancer.set([current, next]);
    await waitFor('both gateways to be taken', () => balancer.ready().length === 2);
    const ended = new Promise((resolve) => current.child.once('exit', resolve));
    current.child.kill('SIGTERM');
    await ended;
    balancer.set([next]);
    current = next;
  }
  running = false;
  await Promise.all(clients);
  await dispatcher.close();
  expect(lost).toEqual([]);
  expect(answered).toBeGreaterThan(50);
}, 120_000);
