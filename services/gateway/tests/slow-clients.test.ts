import { createServer } from 'node:http';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { appHost, type EdgeHouse, healthy, startApp, startEdgeHouse, type TestApp } from './edge-house.ts';
import { startGoodClient } from './hostile/good-client.ts';

/** A second here is a minute or so in a house. */
const limits = {
  headerMs: 600,
  handshakeMs: 600,
  idleMs: 600,
  uploadWindowMs: 600,
  uploadWindowBytes: 1_000,
  readerStallMs: 800,
  readerBytesPerSecond: 1e6,
  lingerMs: 300,
  sweepMs: 100,
};

let house: EdgeHouse;
let app: TestApp;
const sockets: Socket[] = [];
const seen: string[] = [];

async function start(
  more: Partial<typeof limits & { maxConnections: number; maxPerAddress: number; countLoopback: boolean }> = {},
) {
  house = await startEdgeHouse({ tls: true, limits: { ...limits, ...more } });
  house.setInstances([healthy('ins_1', app.address)]);
}

beforeEach(async () => {
  seen.length = 0;
  app = await startApp((incoming, outgoing) => {
    seen.push(incoming.url ?? '');
    if (incoming.url === '/large') return void outgoing.end(Buffer.alloc(50_000_000));
    if (incoming.url === '/slow-app') return void setTimeout(() => incoming.pipe(outgoing), 1_500);
    incoming.resume();
    incoming.once('end', () => outgoing.end(`${incoming.method} ${incoming.url}`));
  });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await house.stop();
  await app.stop();
});

/** Opens a connection, sends, and leaves it open. */
function dial(text: string, { port = house.port, reads = true } = {}) {
  const socket = connect(port, '127.0.0.1');
  // Waits for the connection by itself, before anything that is written later.
  socket.write(text, 'latin1');
  sockets.push(socket);
  const heard = { text: '' };
  socket.on('error', () => {});
  if (reads) socket.on('data', (chunk) => (heard.text += chunk.toString('latin1')));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, heard, closed };
}

/** Sends a byte again and again until the other side has enough of it. */
function drip(socket: Socket, byte: string, everyMs = 100): void {
  const timer = setInterval(() => (socket.writable ? socket.write(byte) : clearInterval(timer)), everyMs);
  socket.once('close', () => clearInterval(timer));
}

const head = `Host: ${appHost}\r\n`;

it('a header that does not end is cut off, however it drips', async () => {
  await start();
  const one = dial(`GET / HTTP/1.1\r\n${head}X: `);
  drip(one.socket, 'a');
  await one.closed;
  expect(one.heard.text).toMatch(/^HTTP\/1\.1 408/);
  expect(seen).toEqual([]);
});

it('a connection that says nothing is cut off, plain, before TLS and behind it', async () => {
  await start();
  const silent = [dial(''), dial('', { port: house.tlsPort }), dial('\x16\x03\x01', { port: house.tlsPort })];
  const session = connectHttp2(`https://127.0.0.1:${house.tlsPort}`, { ca: house.ca, servername: appHost });
  session.on('error', () => {});
  await Promise.all([...silent.map(({ closed }) => closed), new Promise((resolve) => session.once('close', resolve))]);
});

it('a body that drips is cut off, small or streamed', async () => {
  await start();
  const small = dial(`POST / HTTP/1.1\r\n${head}Content-Length: 5000\r\n\r\n`);
  const large = dial(`POST / HTTP/1.1\r\n${head}Content-Length: 500000\r\n\r\n`);
  const chunked = dial(`POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n`);
  drip(small.socket, 'a');
  drip(large.socket, 'a');
  drip(chunked.socket, '1\r\na\r\n');
  await Promise.all([small, large, chunked].map(({ closed }) => closed));
  expect([small, large, chunked].map(({ heard }) => heard.text.slice(0, 12))).toEqual(Array(3).fill('HTTP/1.1 408'));
  expect(house.refused.filter((reason) => reason === 'upload-too-slow')).toHaveLength(3);
});

it('a body that drips is cut off on HTTP/2, and the session goes on', async () => {
  await start({ idleMs: 10_000 });
  const session = connectHttp2(`https://127.0.0.1:${house.tlsPort}`, { ca: house.ca, servername: appHost });
  session.on('error', () => {});
  const slow = session.request({ ':method': 'POST', ':path': '/', ':authority': appHost }, { endStream: false });
  slow.on('error', () => {});
  const timer = setInterval(() => slow.writable && slow.write('a'), 100);
  await new Promise((resolve) => slow.once('close', resolve));
  clearInterval(timer);
  expect(slow.rstCode).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  const other = session.request({ ':path': '/other', ':authority': appHost });
  expect(await new Promise((resolve) => other.once('response', (headers) => resolve(headers[':status'])))).toBe(200);
  session.destroy();
});

it('an app that is slow to read is not held against the client', async () => {
  await start();
  const body = 'x'.repeat(900_000);
  const one = dial(
    `POST /slow-app HTTP/1.1\r\n${head}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await one.closed;
  expect(one.heard.text).toMatch(/^HTTP\/1\.1 200/);
  expect(one.heard.text.length).toBeGreaterThan(body.length);
});

it('a reader that takes nothing is cut off, and gives the connection to the app back', async () => {
  await start();
  const connections = () =>
    new Promise<number>((resolve) => app.server.getConnections((_error, count) => resolve(count)));
  const stuck = Array.from({ length: 8 }, () => dial(`GET /large HTTP/1.1\r\n${head}\r\n`, { reads: false }));
  for (const { socket } of stuck) socket.pause();
  await expect.poll(connections, { timeout: 5_000 }).toBe(8);
  await expect.poll(connections, { timeout: 8_000 }).toBe(0);
  expect(house.refused.filter((reason) => reason === 'reader-too-slow')).toHaveLength(8);
});

it('a body behind its answer is cut off', async () => {
  await start();
  const one = dial(`POST / HTTP/1.1\r\nHost: nobody.localhost\r\nTransfer-Encoding: chunked\r\n\r\n`);
  drip(one.socket, '1\r\na\r\n', 20);
  await one.closed;
  expect(one.heard.text).toMatch(/^HTTP\/1\.1 404[\s\S]*connection: close/i);
});

it('an answer that ends the connection reaches whoever is still sending, and nothing behind it is read', async () => {
  await start({ lingerMs: 5_000 });
  const body = 4_000_000;
  const socket = connect(house.port, '127.0.0.1');
  sockets.push(socket);
  let broken: Error | undefined;
  socket.on('error', (error) => (broken = error));
  // Nobody knows this host: the answer is clear before the body.
  socket.write(`POST / HTTP/1.1\r\nHost: nobody.example.org\r\nContent-Length: ${body}\r\n\r\n`);
  for (let sent = 0; sent < body; sent += 100_000) {
    if (!socket.write(Buffer.alloc(100_000, 'x')))
      await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  socket.write(`GET /behind HTTP/1.1\r\nHost: ${appHost}\r\n\r\n`);
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(broken).toBeUndefined();
  expect(text).toMatch(/^HTTP\/1\.1 404 /);
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(seen).toEqual([]);
});

it('one address has so many connections, and the idle one goes first', async () => {
  const calm = { idleMs: 10_000, headerMs: 10_000, handshakeMs: 10_000, uploadWindowMs: 10_000 };
  await start({ maxPerAddress: 20, countLoopback: true, ...calm });
  const idle = dial('');
  const post = `POST /busy HTTP/1.1\r\n${head}Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n`;
  const busy = Array.from({ length: 19 }, () => dial(post));
  await expect
    .poll(() => busy.every(({ heard }) => heard.text.includes('100 Continue')), { timeout: 5_000 })
    .toBe(true);
  busy.push(dial(post));
  await idle.closed;
  await expect.poll(() => busy.at(-1)?.heard.text).toContain('100 Continue');
  await dial('').closed;
  expect(house.refused).toEqual(['idle', 'address']);
  for (const { socket } of busy) socket.write('ok');
  await Promise.all(busy.map(({ closed }) => closed));
  expect(busy.filter(({ heard }) => heard.text.includes('HTTP/1.1 200'))).toHaveLength(20);
});

it('where there is no room an idle connection makes it, and one that works stays', async () => {
  await start({ maxConnections: 10, idleMs: 10_000, headerMs: 10_000, handshakeMs: 10_000, uploadWindowMs: 10_000 });

  const working = dial(`POST /work HTTP/1.1\r\n${head}Content-Length: 2\r\nConnection: close\r\n\r\n`);
  await expect.poll(() => working.socket.bytesWritten).toBeGreaterThan(0);
  const idle = Array.from({ length: 40 }, () => dial(''));
  await expect.poll(() => house.refused.length, { timeout: 5_000 }).toBe(31);
  expect(new Set(house.refused)).toEqual(new Set(['idle']));
  const good = startGoodClient(house.port);
  expect((await good.stop()).failed).toEqual([]);
  working.socket.write('ok');
  await working.closed;
  expect(working.heard.text).toMatch(/^HTTP\/1\.1 200/);
  for (const { socket } of idle) socket.destroy();
});

const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const hidden = `GET /hidden HTTP/1.1\r\n${head}\r\n`;
it.each([
  ['by POST', `POST / HTTP/1.1\r\n${head}${upgrade}${key}Content-Length: ${hidden.length}\r\n\r\n${hidden}`, '400'],
  ['with a body', `GET / HTTP/1.1\r\n${head}${upgrade}${key}Content-Length: ${hidden.length}\r\n\r\n${hidden}`, '400'],
  [
    'with chunks',
    `GET / HTTP/1.1\r\n${head}${upgrade}${key}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    '400',
  ],
  ['by HTTP/1.0', `GET / HTTP/1.0\r\n${head}${upgrade}${key}\r\n${hidden}`, '400'],
  ['without a key', `GET / HTTP/1.1\r\n${head}${upgrade}Sec-WebSocket-Version: 13\r\n\r\n${hidden}`, '400'],
  ['with a key that is none', `GET / HTTP/1.1\r\n${head}${upgrade}${key.replace('dGhl', 'd')}\r\n${hidden}`, '400'],
  [
    'of a version that the app refuses',
    `GET / HTTP/1.1\r\n${head}${upgrade}${key.replace('13', '7')}\r\n${hidden}`,
    '400',
  ],
  ['that the app does not know', `GET /no HTTP/1.1\r\n${head}${upgrade}${key}\r\n${hidden}`, '400'],
  ['for a host that nobody has', `GET / HTTP/1.1\r\nHost: x.localhost\r\n${upgrade}${key}\r\n${hidden}`, '404'],
])('a handshake %s opens no way to the app', async (_name, bytes, status) => {
  await start();
  const server = new WebSocketServer({ server: app.server, path: '/' });
  const one = dial(bytes);
  await one.closed;
  expect(one.heard.text.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
  expect(one.heard.text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  expect(seen).toEqual([]);
  server.close();
});

it('an app that switches to another protocol than was asked for gets no way to the client', async () => {
  const liar = createServer();
  liar.on('upgrade', (_request, socket) =>
    socket.end('HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\nsmuggled'),
  );
  await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
  await start();
  const { port } = liar.address() as { port: number };
  house.setInstances([healthy('ins_2', `127.0.0.1:${port}`, 'dep_2')]);
  const one = dial(`GET / HTTP/1.1\r\n${head}${upgrade}${key}\r\n`);
  await one.closed;
  expect(one.heard.text).toMatch(/^HTTP\/1\.1 502/);
  liar.close();
});
