import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GitServer, startGitServer, waitFor } from '@steading/testkit';
import { byLength } from '@steading/testkit/length';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { serverApp } from '#src/app-sources.ts';
import { type MadeApp, makeApp, startDeployment } from '#src/main-job.ts';
import { claimHouse, deploymentEnds } from '#src/person.ts';
import { type RunningShape, startShape } from '#src/shapes.ts';

const restarts = byLength({ quick: 1, long: 5 });

let house: RunningShape;
let git: GitServer;
let app: MadeApp;

beforeAll(async () => {
  [house, git] = await Promise.all([startShape('one process'), startGitServer()]);
  const operator = await claimHouse(house.url, house.setupToken);
  const repository = await git.repository('restarted');
  await repository.commit(serverApp('same', { delayMs: 100 }));
  app = await makeApp(operator, repository.url);
  expect((await deploymentEnds(operator, await startDeployment(operator, app.id))).state).toBe('live');
});

afterAll(async () => {
  await endSuccessor();
  await house?.stop();
  await git?.stop();
});

const file = () => join(house.dataDir, 'house.json');
const running = () => JSON.parse(readFileSync(file(), 'utf8')) as { pid: number };

/** The process that follows is nobody's child here. */
async function endSuccessor(): Promise<void> {
  if (!house || !existsSync(file()) || house.processes.some(({ pid }) => pid === running().pid)) return;
  process.kill(running().pid, 'SIGTERM');
  await waitFor('the successor to end', () => !existsSync(file()), { timeoutMs: 45_000 });
}

async function restart(): Promise<void> {
  const { pid } = running();
  process.kill(pid, 'SIGUSR2');
  const isReady = async () =>
    existsSync(file()) && running().pid !== pid && (await fetch(`http://127.0.0.1:${house.port}/readyz`)).ok;
  await waitFor('the successor', isReady, { timeoutMs: 60_000, everyMs: 50 });
}

test(
  'a restart refuses no connection, loses no request, and leaves apps and their connections to the next process',
  async () => {
    const load = startLoad();
    const instance = await instanceOf();
    for (let round = 0; round < restarts; round++) {
      await load.answered(20);
      await restart();
      await load.answered(20);
    }
    const seen = await load.stop();
    expect(seen.lost).toEqual([]);
    expect(seen.closeCodes).toEqual(Array(restarts).fill(1012));
    expect(await instanceOf()).toBe(instance);
  },
  60_000 + restarts * 30_000,
);

/** The mark of the program that answers. */
async function instanceOf(): Promise<string> {
  const answer = await request(`http://127.0.0.1:${house.port}/env`, {
    headers: { host: app.host, connection: 'close' },
  });
  return (JSON.parse(await answer.body.text()) as { STEADING_INSTANCE: string }).STEADING_INSTANCE;
}

/** Clients on kept and on new connections, uploads, and a WebSocket that comes back when it is told to. */
function startLoad() {
  const kept = new Agent({ connections: 4 });
  const lost: string[] = [];
  const closeCodes: number[] = [];
  let answered = 0;
  let isRunning = true;
  const ask = async (options: Parameters<typeof request>[1]) => {
    while (isRunning) {
      try {
        const headers = { host: app.host, ...(options?.dispatcher ? {} : { connection: 'close' }) };
        const answer = await request(`http://127.0.0.1:${house.port}/`, { ...options, headers });
        const text = await answer.body.text();
        if (answer.statusCode === 200 && text === 'same') answered++;
        else lost.push(`${answer.statusCode} ${text}`);
      } catch (error) {
        lost.push(String(error));
      }
    }
  };
  const talk = async () => {
    while (isRunning) {
      const socket = new WebSocket(`ws://127.0.0.1:${house.port}/`, { headers: { host: app.host } });
      socket.on('error', (error) => lost.push(String(error)));
      const timer = setInterval(() => !isRunning && socket.close(1000), 50);
      const code = await new Promise<number>((resolve) => socket.once('close', resolve));
      clearInterval(timer);
      if (isRunning) closeCodes.push(code);
    }
  };
  const times = (count: number, call: () => Promise<void>) => Array.from({ length: count }, call);
  const clients = [
    ...times(4, () => ask({ dispatcher: kept })),
    ...times(4, () => ask({})),
    ...times(2, () => ask({ method: 'POST', body: 'x'.repeat(100_000) })),
    talk(),
  ];
  return {
    answered(more: number) {
      const until = answered + more;
      return waitFor('more answers', () => answered >= until, { timeoutMs: 30_000, everyMs: 20 });
    },
    async stop() {
      isRunning = false;
      await Promise.all(clients);
      await kept.close();
      return { lost, closeCodes };
    },
  };
}
