import { type GitServer, startGitServer } from '@steading/testkit';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { serverApp } from '#src/app-sources.ts';
import { makeApp, startDeployment } from '#src/main-job.ts';
import { claimHouse, deploymentEnds, type Person } from '#src/person.ts';
import { type RunningShape, startShape } from '#src/shapes.ts';

let house: RunningShape;
let git: GitServer;
let operator: Person;

beforeAll(async () => {
  [house, git] = await Promise.all([startShape('one process'), startGitServer()]);
  operator = await claimHouse(house.url, house.setupToken);
});
afterAll(async () => {
  await house?.stop();
  await git?.stop();
});

test('three replacements under load lose no request and no WebSocket message', async () => {
  const repository = await git.repository('loaded');
  await repository.commit(serverApp('0', { delayMs: 200 }));
  const app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 2 } });
  expect((await deploymentEnds(operator, await startDeployment(operator, app.id))).state).toBe('live');

  const load = startLoad(house.port, app.host);
  for (let round = 1; round <= 3; round++) {
    await repository.commit(serverApp(String(round), { delayMs: 200 }));
    const ended = await deploymentEnds(operator, await startDeployment(operator, app.id));
    expect(ended).toMatchObject({ state: 'live', trace: { lost: 0 } });
  }
  const seen = await load.stop();
  expect(seen.lost).toEqual([]);
  expect(seen.answered).toBeGreaterThan(50);
  expect(seen.versions).toContain('3');
  expect(seen.socketLost).toBe(0);
  expect(seen.echoes).toBeGreaterThan(20);
}, 180_000);

/** Eight clients that ask again and again, and two WebSockets that come back when they are told to go (1012). */
function startLoad(port: number, host: string) {
  const agent = new Agent({ connections: 8 });
  const lost: string[] = [];
  const versions = new Set<string>();
  let answered = 0;
  let echoes = 0;
  let socketLost = 0;
  let running = true;

  const ask = async () => {
    while (running) {
      try {
        const answer = await request(`http://127.0.0.1:${port}/`, { headers: { host }, dispatcher: agent });
        const text = await answer.body.text();
        if (answer.statusCode === 200) versions.add(text);
        else lost.push(`${answer.statusCode} ${text}`);
        answered++;
      } catch (error) {
        lost.push(String(error));
      }
    }
  };
  const talk = async () => {
    while (running) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host } });
      await new Promise<void>((done) => {
        let waiting = 0;
        const timer = setInterval(() => {
          if (!running) return socket.close();
          if (socket.readyState !== WebSocket.OPEN) return;
          waiting++;
          socket.send('hello');
        }, 50);
        socket.on('message', () => {
          waiting--;
          echoes++;
        });
        socket.on('error', () => socketLost++);
        socket.on('close', (code) => {
          clearInterval(timer);
          if (running && code !== 1012 && code !== 1001) socketLost++;
          if (waiting > 1) socketLost += waiting - 1;
          done();
        });
      });
    }
  };
  const clients = [...Array.from({ length: 8 }, ask), talk(), talk()];
  return {
    async stop() {
      running = false;
      await Promise.all(clients);
      await agent.close();
      return { lost, versions: [...versions], answered, echoes, socketLost };
    },
  };
}
