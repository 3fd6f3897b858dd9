import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { appHost, type EdgeHouse, healthy, probeKey, startApp, startEdgeHouse, type TestApp } from './edge-house.ts';

let house: EdgeHouse;
let apps: TestApp[];
const agent = new Agent({ keepAlive: true, maxSockets: 50 });

beforeEach(async () => {
  apps = [];
  house = await startEdgeHouse();
});

afterEach(async () => {
  await house.stop();
  await Promise.all(apps.map((app) => app.stop()));
});

async function app(handle: Parameters<typeof startApp>[0]): Promise<TestApp> {
  const started = await startApp(handle);
  apps.push(started);
  return started;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

function ask(
  options: { path?: string; method?: string; headers?: Record<string, string>; body?: Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { host: appHost, ...options.headers };
    const { path = '/', method = 'GET' } = options;
    const sent = request({ port: house.port, host: '127.0.0.1', agent, path, method, headers }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => (body += chunk));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      answer.once('error', reject);
    });
    sent.once('error', reject);
    sent.end(options.body);
  });
}

it('tells the app where a request comes from, and lets nobody else say so', async () => {
  const echo = await app((incoming, outgoing) => outgoing.end(JSON.stringify(incoming.headers)));
  house.setInstances([healthy('ins_1', echo.address)]);
  const { body } = await ask({
    headers: {
      'x-forwarded-for': '203.0.113.9',
      x_forwarded_for: '203.0.113.9',
      forwarded: 'for=203.0.113.9',
      'x-real-ip': '203.0.113.9',
      'steading-user': 'admin',
      connection: 'keep-alive, x-private',
      'x-private': 'one hop',
      cookie: 'steading_session=secret; theme=dark; __Host-steading_session=secret',
    },
  });
  const got = JSON.parse(body) as Record<string, string>;
  expect(body).not.toContain('203.0.113.9');
  expect(got).toMatchObject({ host: appHost, cookie: 'theme=dark', 'x-forwarded-for': '127.0.0.1' });
  expect(got['x-forwarded-proto']).toBe('http');
  expect(got).not.toHaveProperty('steading-user');
  expect(got).not.toHaveProperty('x-private');
});

it('tells only the house itself who served', async () => {
  const one = await app((_incoming, outgoing) => outgoing.setHeader('steading-generation', 'forged').end('hello'));
  house.setInstances([healthy('ins_1', one.address, 'dep_7')]);
  const probe = createHmac('sha256', probeKey).update(appHost).digest('hex');
  expect((await ask({ headers: { 'steading-probe': probe } })).headers['steading-generation']).toBe('dep_7');
  expect((await ask({ headers: { 'steading-probe': 'f'.repeat(64) } })).headers).not.toHaveProperty(
    'steading-generation',
  );
});

it('streams both ways without waiting for the end', async () => {
  const echo = await app((incoming, outgoing) => {
    outgoing.writeHead(200, { trailer: 'x-sum' });
    outgoing.write('ready;');
    incoming.on('data', (chunk) => outgoing.write(chunk));
    incoming.on('end', () => {
      outgoing.addTrailers({ 'x-sum': '42' });
      outgoing.end();
    });
  });
  house.setInstances([healthy('ins_1', echo.address)]);
  const heard: string[] = [];
  const trailers = await new Promise((resolve, reject) => {
    const sent = request(
      { port: house.port, host: '127.0.0.1', method: 'POST', headers: { host: appHost } },
      (answer) => {
        answer.on('data', (chunk: Buffer) => {
          heard.push(chunk.toString());
          if (heard.length === 2) sent.end('two');
          else if (heard.length === 1) sent.write('one;');
        });
        answer.once('end', () => resolve(answer.trailers));
      },
    );
    sent.once('error', reject);
    sent.write('zero;');
  });
  expect(heard.join('')).toBe('ready;zero;one;two');
  expect(trailers).toEqual({ 'x-sum': '42' });
});

it('passes an early answer on and does not hang', async () => {
  const early = await app((_incoming, outgoing) => outgoing.writeHead(403).end('no need'));
  house.setInstances([healthy('ins_1', early.address)]);
  const status = await new Promise((resolve) => {
    const socket = connect(house.port, '127.0.0.1', () =>
      socket.write(`POST / HTTP/1.1\r\nHost: ${appHost}\r\nContent-Length: 900000\r\n\r\nonly a little`),
    );
    socket.once('data', (chunk) => resolve(chunk.toString().slice(9, 12)));
    socket.on('error', () => {});
  });
  expect(status).toBe('403');
});

it('says that an app took too long', async () => {
  const silent = await app(() => {});
  await house.setRoute({ timeoutMs: 100 });
  house.setInstances([healthy('ins_1', silent.address)]);
  expect((await ask()).status).toBe(504);
});

it('goes around an instance that is gone, also with a body', async () => {
  const gone = await startApp(() => {});
  await gone.stop();
  const there = await app((incoming, outgoing) => incoming.pipe(outgoing));
  house.setInstances([healthy('ins_1', gone.address), healthy('ins_2', there.address)]);
  for (let count = 0; count < 6; count++)
    expect(await ask({ method: 'POST', body: Buffer.from('x'.repeat(100)) })).toMatchObject({ status: 200 });
});

it('does not send a change twice', async () => {
  let seen = 0;
  const cutting = await app((incoming) => {
    seen++;
    incoming.socket.destroy();
  });
  house.setInstances([healthy('ins_1', cutting.address)]);
  expect((await ask({ method: 'POST', body: Buffer.from('pay') })).status).toBe(502);
  expect(seen).toBe(1);
});

it('loses nothing while instances are replaced under load', async () => {
  const make = (name: string) =>
    app((incoming, outgoing) => {
      incoming.resume();
      setTimeout(() => outgoing.end(name), 20);
    });
  let current = await make('dep_00');
  house.setInstances([healthy('ins_00', current.address, 'dep_00')]);
  let running = true;
  const statuses: number[] = [];
  const load = Array.from({ length: 16 }, async (_, worker) => {
    const sent = worker % 2 ? { method: 'POST', body: Buffer.from('a') } : {};
    while (running) statuses.push((await ask(sent)).status);
  });
  const answered = async (count: number) => {
    const until = Date.now() + 5_000;
    while (statuses.length < count && Date.now() < until) await new Promise((resolve) => setImmediate(resolve));
  };
  for (let count = 1; count <= 20; count++) {
    await answered(count * 30);
    const name = `dep_${String(count).padStart(2, '0')}`;
    const next = await make(name);
    house.setInstances([
      { ...healthy(`ins_old_${count}`, current.address, 'dep_00'), state: 'draining', stopsMs: Date.now() + 60_000 },
      healthy(`ins_${count}`, next.address, name),
    ]);
    await answered(count * 30 + 15);
    house.setInstances([healthy(`ins_${count}`, next.address, name)]);
    const old = current;
    await new Promise((resolve) => old.server.close(resolve).closeIdleConnections());
    current = next;
  }
  running = false;
  await Promise.all(load);
  expect(statuses.length).toBeGreaterThan(600);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
});

it('lets a request wait for an instance that starts again, and not for one that failed', async () => {
  const one = await app((_incoming, outgoing) => outgoing.end('back'));
  house.setInstances([{ ...healthy('ins_1', one.address), state: 'failed' }]);
  expect((await ask()).status).toBe(503);
  house.setInstances([{ ...healthy('ins_1', one.address), state: 'unhealthy' }]);
  const asked = ask();
  expect(await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 100, 'waits'))])).toBe('waits');
  house.setInstances([healthy('ins_1', one.address)]);
  expect(await asked).toMatchObject({ status: 200, body: 'back' });
});

it('serves the last table that it stored while the control plane is away', async () => {
  const one = await app((_incoming, outgoing) => outgoing.end('still here'));
  const dataDir = mkdtempSync(join(tmpdir(), 'steading-edge-'));
  const before = await startEdgeHouse({ dataDir });
  before.setInstances([healthy('ins_1', one.address)]);
  await before.stop();
  await house.stop();
  house = await startEdgeHouse({ dataDir, controlPlane: false });
  expect(await ask()).toMatchObject({ status: 200, body: 'still here' });
  rmSync(dataDir, { recursive: true, force: true });
});
