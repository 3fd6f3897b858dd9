import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLog } from '@steading/kit';
import { afterEach, expect, it } from 'vitest';
import { createSuccession } from '#src/succession.ts';

const log = createLog({ level: 'silent' });
const servers: ReturnType<typeof createServer>[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listening(text: string) {
  const server = createServer((_request, response) => response.setHeader('connection', 'close').end(text));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** Says that it is prepared, then waits to be told; serves one request on what it was left, and ends. */
const successor = `
const fd = Number(/http=(\\d+)/.exec(process.env.STEADING_SOCKETS)[1]);
process.send('prepared');
process.once('disconnect', () => {
  const server = require('node:http').createServer((request, response) => {
    response.setHeader('connection', 'close').end('the next', () => process.exit());
  });
  server.listen({ fd });
});`;

it('leaves its sockets to a successor, and who comes in between waits', async () => {
  const { server, url } = await listening('this one');
  const succession = createSuccession({ env: { ...process.env }, log, command: ['-e', successor] });
  succession.opened('http', server);
  expect(await (await fetch(url)).text()).toBe('this one');
  await succession.begin();
  expect(succession.isUnderWay).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  servers.length = 0;
  // Nobody accepts now, and nobody refuses.
  const waiting = fetch(url).then((answer) => answer.text());
  expect(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 100, 'waits'))])).toBe('waits');
  succession.disconnect();
  expect(await waiting).toBe('the next');
});

it.each([
  ['ends', 'process.exit(3)', /could not be prepared: it ended with 3\. This house goes on\.$/],
  ['is killed', 'process.kill(process.pid, "SIGKILL")', /it ended with SIGKILL/],
])('goes on when the successor %s', async (_name, script, message) => {
  const { server, url } = await listening('this one');
  const succession = createSuccession({ env: { ...process.env }, log, command: ['-e', script] });
  succession.opened('http', server);
  await expect(succession.begin()).rejects.toThrow(message);
  expect(succession.isUnderWay).toBe(false);
  expect(await (await fetch(url)).text()).toBe('this one');
});

it('reads what it was left once, and shows it to nobody', () => {
  const env = { STEADING_SOCKETS: 'http=4,https=5', STEADING_SUCCEEDS: '1:2' };
  const succession = createSuccession({ env, log });
  expect([succession.inherited('http'), succession.inherited('https'), succession.inherited('ssh')]).toEqual([
    4,
    5,
    undefined,
  ]);
  expect(env).toEqual({});
});
