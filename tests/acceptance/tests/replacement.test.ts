import { type GitServer, startGitServer, waitFor } from '@steading/testkit';
import { byLength } from '@steading/testkit/length';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { serverApp } from '#src/app-sources.ts';
import { makeApp, startDeployment } from '#src/main-job.ts';
import { claimHouse, deploymentEnds, type Person } from '#src/person.ts';
import { type RunningShape, type Shape, shapes, startShape } from '#src/shapes.ts';
import { openSubscription } from '#src/subscription.ts';

let house: RunningShape;
let git: GitServer;
let operator: Person;

describe.each(byLength<readonly Shape[]>({ quick: ['one process'], long: shapes }))('%s', (shape) => {
  beforeAll(async () => {
    [house, git] = await Promise.all([startShape(shape), startGitServer()]);
    operator = await claimHouse(house.url, house.setupToken);
  });
  afterAll(async () => {
    await house?.stop();
    await git?.stop();
  });

  test('three replacements under load lose no request and nothing said on a WebSocket', async () => {
    const repository = await git.repository('loaded');
    await repository.commit(serverApp('0', { delayMs: 200 }));
    const app = await makeApp(operator, repository.url, { runtime: { drainSeconds: 2 } });
    expect((await deploymentEnds(operator, await startDeployment(operator, app.id))).state).toBe('live');

    // Past the balancer of several gateways, whose work this process would have to do beside its own.
    const ports = shape === 'one process' ? [house.port] : house.gateways.map(({ port }) => port);
    const load = startLoad(ports, app.host);
    for (let round = 1; round <= 3; round++) {
      await repository.commit(serverApp(String(round), { delayMs: 200 }));
      const ended = await deploymentEnds(operator, await startDeployment(operator, app.id));
      expect(ended).toMatchObject({ state: 'live', trace: { lost: 0 } });
    }
    const seen = await load.stop();
    expect(seen.lost).toEqual([]);
    expect(seen.answered).toBeGreaterThan(50);
    expect(seen.versions).toContain('3');
    expect(seen.socketProblems).toEqual([]);
    expect(seen.echoes).toBeGreaterThan(20);
    expect(seen.sockets.size).toBeGreaterThanOrEqual(4);
    // All that was said until the goodbye came is heard, however long it was on its way.
    await waitFor('the app to have heard all that was said', async () => {
      const heard = await heardBySocket(operator, app.id);
      expect(new Map([...seen.sockets].map(([path]) => [path, heard.get(path)]))).toEqual(seen.sockets);
      return true;
    });
  }, 180_000);
});

/** What the instances printed: messages heard, by the path of each WebSocket. */
async function heardBySocket(person: Person, appId: string): Promise<Map<string, number>> {
  const query = 'subscription ($app: ID!) { appLog(appId: $app, follow: false) { lines { text } } }';
  const headers = { origin: house.url, cookie: person.cookie() };
  const printed = await openSubscription(house.url, { query, variables: { app: appId } }, headers);
  await printed.ended;
  return new Map(
    [...printed.text().matchAll(/heard (\d+) of ([/\w-]+)/g)].map(([, count, path]) => [path!, Number(count)]),
  );
}

/** Eight clients that ask gateways in turn, again and again, and two WebSockets that come back when told to go (1012). */
function startLoad(ports: readonly number[], host: string) {
  const agent = new Agent({ connections: 8 });
  const lost: string[] = [];
  const versions = new Set<string>();
  let answered = 0;
  let echoes = 0;
  /** Messages said, by path. */
  const sockets = new Map<string, number>();
  const socketProblems: string[] = [];
  let running = true;

  let turn = 0;
  const nextPort = () => ports[turn++ % ports.length];
  const ask = async () => {
    while (running) {
      try {
        const answer = await request(`http://127.0.0.1:${nextPort()}/`, { headers: { host }, dispatcher: agent });
        const text = await answer.body.text();
        if (answer.statusCode === 200) versions.add(text);
        else lost.push(`${answer.statusCode} ${text}`);
        answered++;
      } catch (error) {
        lost.push(String(error));
      }
    }
  };
  const talk = async (name: string) => {
    for (let count = 0; running; count++) {
      const path = `/${name}-${count}`;
      const socket = new WebSocket(`ws://127.0.0.1:${nextPort()}${path}`, { headers: { host } });
      await new Promise<void>((done) => {
        let said = 0;
        let echoed = 0;
        const timer = setInterval(() => {
          if (!running) return socket.close();
          if (socket.readyState === WebSocket.OPEN) socket.send(String(said++));
        }, 50);
        socket.on('message', (data) => {
          if (String(data) !== String(echoed)) socketProblems.push(`${path}: ${data} instead of ${echoed}`);
          echoed++;
          echoes++;
        });
        socket.on('error', (error) => socketProblems.push(`${path}: ${error}`));
        socket.on('close', (code) => {
          clearInterval(timer);
          sockets.set(path, said);
          if (running && code !== 1012 && code !== 1001) socketProblems.push(`${path}: closed with ${code}`);
          done();
        });
      });
    }
  };
  const clients = [...Array.from({ length: 8 }, ask), talk('one'), talk('two')];
  return {
    async stop() {
      running = false;
      await Promise.all(clients);
      await agent.close();
      return { lost, versions: [...versions], answered, echoes, sockets, socketProblems };
    },
  };
}
