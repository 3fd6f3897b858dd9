import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLog, kitErrors, systemClock } from '@steading/kit';
import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { SessionGuard } from '#src/caller/session-guard.ts';
import { createLiveSide, type LiveContext, type LiveSide } from '#src/live/live-side.ts';
import { createMetrics } from '#src/metrics.ts';

const server = createServer();
let live: LiveSide;
let socket: Socket;
let allowed = true;
let tell: (event: { type: string; key: string; data: unknown }) => void;
let changed: () => void;
let ended: (id?: string) => void;

beforeEach(async () => {
  allowed = true;
  const context = {
    catalogue: [
      {
        live: [
          { namespace: '/deployments', topic: 'app', service: 'deploy', privilege: 'app.read', source: { events: [] } },
          { namespace: '/deployments', topic: 'log', service: 'deploy', privilege: 'app.read', source: 'stream' },
        ],
      },
    ],
    rpc: {
      client: () => ({
        locate: async ({ id }: { id: string }) => ({ nodeId: id }),
        async *follow() {
          yield { position: 1n, json: '{"text":"one"}' };
          yield { position: 2n, json: '{"text":"two"}' };
        },
      }),
    },
    bus: {
      broadcast: (_events: unknown, handler: typeof tell) => {
        tell = handler;
        return { stop: async () => {} };
      },
    },
    access: {
      can: () => allowed,
      require: async (_caller: unknown, _privilege: string, node: string) => {
        if (node === 'app_other') throw kitErrors('not-found', { kind: 'app' });
      },
      onChange: (call: () => void) => {
        changed = call;
        return { stop() {} };
      },
    },
    house: { publicUrl: 'http://localhost:4600' },
    clock: systemClock,
    log: createLog({ level: 'silent' }),
  } as unknown as LiveContext;
  const guard = {
    resolve: async ({ cookie, requestId }: { cookie?: string; requestId: string }) => ({
      caller: cookie
        ? { kind: 'user', principal: 'user:usr_1', session: 'ses_1', requestId }
        : { kind: 'anonymous', principal: 'anyone', requestId },
    }),
    onEnded: (call: typeof ended) => (ended = call),
  } as unknown as SessionGuard;
  live = createLiveSide(context, guard, createMetrics());
  live.start();
  server.removeAllListeners('request').removeAllListeners('upgrade');
  server.on('request', (incoming, outgoing) => live.request(incoming, outgoing, 'localhost'));
  server.on('upgrade', (incoming, stream, head) => live.upgrade(incoming, stream, head, 'localhost'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  socket = open({ cookie: 'steading_session=a' });
});

afterEach(async () => {
  socket.close();
  await live.stop();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

function open(extraHeaders: Record<string, string>): Socket {
  const { port } = server.address() as AddressInfo;
  return io(`http://127.0.0.1:${port}/deployments`, { path: '/realtime', extraHeaders, reconnection: false });
}
const heard = (name: string) => new Promise((resolve) => socket.once(name, resolve));
const join = (asked: unknown) => socket.timeout(5_000).emitWithAck('join', asked);

it('brings the events of what was joined, and of nothing else', async () => {
  expect(await join({ topic: 'app', id: 'app_1' })).toEqual({ ok: true });
  const events = heard('events');
  tell({ type: 'deploy.changed', key: 'app_2', data: {} });
  tell({ type: 'deploy.changed', key: 'app_1', data: { state: 'live' } });
  expect(await events).toEqual({
    ...{ topic: 'app', id: 'app_1' },
    events: [{ type: 'deploy.changed', data: { state: 'live' } }],
  });
});

it('tells a busy room what follows closely together, in order and whole', async () => {
  await join({ topic: 'app', id: 'app_1' });
  const messages: number[][] = [];
  socket.on('events', ({ events }: { events: { data: { number: number } }[] }) =>
    messages.push(events.map(({ data }) => data.number)),
  );
  for (let number = 0; number < 20; number++) tell({ type: 'deploy.changed', key: 'app_1', data: { number } });
  await expect.poll(() => messages.flat().length).toBe(20);
  expect(messages.flat()).toEqual(Array.from({ length: 20 }, (_, number) => number));
  expect(messages).toHaveLength(2);
});

it('sends a stream in order and says when it is over', async () => {
  const items = heard('items');
  const left = heard('left');
  await join({ topic: 'log', id: 'dep_1' });
  expect(await items).toMatchObject({
    items: [
      { position: 1, text: 'one' },
      { position: 2, text: 'two' },
    ],
  });
  expect(await left).toMatchObject({ reason: 'over' });
});

it('refuses what may not be seen and what is no join', async () => {
  expect(await join({ topic: 'app', id: 'app_other' })).toMatchObject({ error: { code: 'not-found' } });
  for (const wrong of [null, {}, { topic: 'none', id: 'x' }, { topic: 'app', id: 7 }])
    expect(await join(wrong)).toMatchObject({ error: { code: 'gateway.bad-join' } });
});

it('takes people out when the forest says no, and closes when their session ends', async () => {
  await join({ topic: 'app', id: 'app_1' });
  const left = heard('left');
  allowed = false;
  changed();
  expect(await left).toMatchObject({ id: 'app_1', reason: 'no-longer-allowed' });
  const closed = heard('disconnect');
  ended('ses_1');
  expect(await closed).toBe('io server disconnect');
});

it.each([
  ['nobody', {}],
  ['a page of another site', { cookie: 'steading_session=a', origin: 'https://evil.example.org' }],
])('lets %s in no further than the door', async (_name, headers) => {
  const stranger = open(headers as unknown as Record<string, string>);
  const error = await new Promise((resolve) => stranger.once('connect_error', resolve));
  expect(error).toBeInstanceOf(Error);
  stranger.close();
});

const { long, odd } = { long: 'a'.repeat(9_000), odd: '%00%0d%0a' };
const handshakes = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', long, odd, '', 'x&sid=y'].map(
    (sid) => `EIO=4&transport=polling&sid=${sid}`,
  ),
  ...['__proto__', 'constructor', 'webtransport', 'flashsocket', long, ''].map((name) => `EIO=4&transport=${name}`),
  ...['3', '99', '__proto__', ''].map((version) => `EIO=${version}&transport=polling`),
  ...[
    'EIO=4&transport=polling&b64=1&j=0&j=1',
    'EIO=4&EIO=4&transport=polling&transport=websocket',
    '',
    '%',
    '?'.repeat(2_000),
  ],
];

it('takes no harm from handshakes that are none, by request or by upgrade', async () => {
  const { port } = server.address() as AddressInfo;
  const ask = (method: string, query: string, headers: Record<string, string> = {}, body?: string) =>
    new Promise<number>((resolve) => {
      const path = `/realtime/?${query}`;
      const sent = request({ port, host: '127.0.0.1', method, path, headers, agent: false }, (answer) => {
        answer.resume();
        answer.once('close', () => resolve(answer.statusCode ?? 0));
      });
      sent.once('upgrade', (_answer, stream) => resolve(stream.destroy() && 101));
      sent.once('error', () => resolve(0));
      sent.end(body);
    });
  const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const key = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  for (const query of handshakes) {
    for (const method of ['GET', 'POST', 'PUT', 'OPTIONS']) expect(await ask(method, query)).toBeLessThan(500);
    expect(await ask('GET', query, { ...upgrade, ...key })).toBeLessThan(500);
    expect(await ask('GET', query, upgrade)).toBeLessThan(500);
  }
  expect(await join({ topic: 'app', id: 'app_1' })).toEqual({ ok: true });
});

it('ends a connection that says what is no packet, or too much of it, and no other', async () => {
  const { port } = server.address() as AddressInfo;
  for (const said of [
    '',
    '9',
    `4${'2'.repeat(70_000)}`,
    '42["join"',
    '4999999999999-["x",{"_placeholder":true,"num":9}]',
    '40/deployments,{',
    '\u0000',
  ]) {
    const raw = new WebSocket(`ws://127.0.0.1:${port}/realtime/?EIO=4&transport=websocket`);
    await new Promise((resolve) => raw.once('message', resolve));
    const closed = new Promise((resolve) => raw.once('close', resolve));
    raw.on('error', () => {});
    raw.send(said);
    // What is merely ignored is ended here: what counts is that nobody else is.
    if (said === '') raw.terminate();
    await closed;
  }
  expect(await join({ topic: 'app', id: 'app_1' })).toEqual({ ok: true });
});
