import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { appHost, type EdgeHouse, healthy, startApp, startEdgeHouse, type TestApp } from './edge-house.ts';

let house: EdgeHouse;
let one: TestApp;
let server: WebSocketServer;

beforeEach(async () => {
  house = await startEdgeHouse();
  one = await startApp((_incoming, outgoing) => outgoing.end());
  server = new WebSocketServer({ server: one.server });
  house.setInstances([healthy('ins_1', one.address)]);
});

afterEach(async () => {
  server.close();
  await house.stop();
  await one.stop();
});

it('closes WebSockets of an instance that goes with 1012, between two frames', async () => {
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  const socket = new WebSocket(`ws://127.0.0.1:${house.port}/`, { headers: { host: appHost } });
  await new Promise((resolve) => socket.once('open', resolve));
  const echoed = new Promise((resolve) => socket.once('message', (data) => resolve(String(data).length)));
  socket.send('x'.repeat(200_000));
  expect(await echoed).toBe(200_000);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  instanceGoes();
  expect(await closed).toBe(1012);
});

it('lets the answer to what was said last through before a WebSocket is closed', async () => {
  const asked = Promise.withResolvers<() => void>();
  server.on('connection', (socket) => socket.on('message', () => asked.resolve(() => socket.send('the answer'))));
  const socket = new WebSocket(`ws://127.0.0.1:${house.port}/`, { headers: { host: appHost } });
  await new Promise((resolve) => socket.once('open', resolve));
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data)));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.send('a question');
  const answer = await asked.promise;
  instanceGoes();
  const ended = closed.then(() => 'closed');
  expect(await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 100, 'open'))])).toBe('open');
  answer();
  expect(await closed).toBe(1012);
  expect(heard).toEqual(['the answer']);
});

it('lets the answers to all that was asked through before a WebSocket is closed, not only the first', async () => {
  const questions: string[] = [];
  const all = Promise.withResolvers<WebSocket>();
  server.on('connection', (socket) =>
    socket.on('message', (data) => {
      if (questions.push(String(data)) === 3) all.resolve(socket);
    }),
  );
  const socket = new WebSocket(`ws://127.0.0.1:${house.port}/`, { headers: { host: appHost } });
  await new Promise((resolve) => socket.once('open', resolve));
  const heard: string[] = [];
  const first = new Promise((resolve) => socket.once('message', resolve));
  socket.on('message', (data) => heard.push(String(data)));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (const question of ['1', '2', '3']) socket.send(question);
  const theirs = await all.promise;
  instanceGoes();
  // One way to know that the edge was told: what it does next to the first answer.
  theirs.send('answer 1');
  await first;
  theirs.send('answer 2');
  theirs.send('answer 3');
  expect(await closed).toBe(1012);
  expect(heard).toEqual(['answer 1', 'answer 2', 'answer 3']);
});

it('carries what was said before the goodbye arrived to the app of a WebSocket that is closed', async () => {
  const said: string[] = [];
  const over = Promise.withResolvers<number>();
  server.on('connection', (socket) => {
    socket.on('message', (data) => said.push(String(data)));
    socket.on('close', (code) => over.resolve(code));
  });
  // A person far away: frames by hand, so that some are sent when the goodbye is here, but not yet read.
  const person = connect(house.port, '127.0.0.1');
  const goodbye = Promise.withResolvers<void>();
  person.on('data', (bytes) => bytes.includes(restart) && goodbye.resolve());
  person.write(
    `GET / HTTP/1.1\r\nHost: ${appHost}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await new Promise((resolve) => person.once('data', resolve));
  instanceGoes();
  await goodbye.promise;
  for (const word of ['a', 'b', 'c']) person.write(masked(0x81, Buffer.from(word)));
  person.end(masked(0x88, restart.subarray(2)));
  expect(await over.promise).toBe(1012);
  expect(said).toEqual(['a', 'b', 'c']);
});

function instanceGoes(): void {
  house.setInstances([{ ...healthy('ins_1', one.address), state: 'draining', stopsMs: Date.now() }]);
}

/** A close frame of a server with the code 1012. */
const restart = Buffer.from([0x88, 0x02, 0x03, 0xf4]);

/** A frame of at most 125 bytes as a client sends it: with a mask, here of zeros. */
function masked(first: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
