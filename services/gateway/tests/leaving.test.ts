import { connect as connectHttp2, constants } from 'node:http2';
import { connect } from 'node:net';
import { forestService } from '@steading/forest-service';
import type { ServiceDefinition } from '@steading/service';
import { startTestHouse } from '@steading/testkit';
import { afterEach, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { gatewayService } from '#src/service.ts';
import { appHost, type EdgeHouse, healthy, startApp, startEdgeHouse, type TestApp } from './edge-house.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function start(handle: Parameters<typeof startApp>[0]): Promise<{ house: EdgeHouse; app: TestApp }> {
  const [house, app] = [await startEdgeHouse({ tls: true }), await startApp(handle)];
  house.setInstances([healthy('ins_1', app.address)]);
  ends.push(
    () => house.stop(),
    () => app.stop(),
  );
  return { house, app };
}

it('a gateway that goes says so first, serves meanwhile, asks each connection to end, and then takes no more', async () => {
  const services = [forestService, gatewayService] as unknown as ServiceDefinition[];
  const house = await startTestHouse({ services, env: { STEADING_DRAIN_SECONDS: '0.5' } });
  const stopped = house.close();
  const at = (path: string) => fetch(`http://127.0.0.1:${house.port}${path}`);
  await expect.poll(async () => (await at('/readyz')).status).toBe(503);
  const answer = await at('/livez');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('connection')).toBe('close');
  await stopped;
  await expect(at('/livez')).rejects.toThrow();
});

it('a request that is under way is answered, also one that had only just come', async () => {
  let reached = 0;
  const { house } = await start((_incoming, outgoing) => {
    reached++;
    setTimeout(() => outgoing.end('whole'), 200);
  });
  const heard: string[] = [];
  const dial = () => {
    const socket = connect(house.port, '127.0.0.1');
    const text = { heard: '' };
    socket.on('data', (chunk) => (text.heard += chunk));
    const over = new Promise<void>((resolve) => socket.once('close', () => resolve(void heard.push(text.heard))));
    socket.on('error', (error) => (text.heard += error.message));
    return { socket, over };
  };
  const request = `GET / HTTP/1.1\r\nHost: ${appHost}\r\n\r\n`;
  // Connections are taken in their order: when the second one's request is there, the first one is.
  const [late, first] = [dial(), dial()];
  first.socket.write(request);
  await expect.poll(() => reached).toBe(1);
  const stopped = house.leave();
  setTimeout(() => late.socket.write(request), 100);
  await Promise.all([first.over, late.over, stopped]);
  expect(
    heard.map((text) => [/^HTTP\/1\.1 200/.test(text), text.endsWith('whole'), /connection: close/i.test(text)]),
  ).toEqual([
    [true, true, true],
    [true, true, true],
  ]);
});

it('a session of HTTP/2 is told to go, and its streams are answered', async () => {
  const { house } = await start((_incoming, outgoing) => setTimeout(() => outgoing.end('whole'), 200));
  const session = connectHttp2(`https://127.0.0.1:${house.tlsPort}`, { ca: house.ca, servername: appHost });
  const goaway = new Promise((resolve) => session.once('goaway', resolve));
  const stream = session.request({ ':path': '/', ':authority': appHost });
  let text = '';
  stream.on('data', (chunk) => (text += chunk));
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  await new Promise((resolve) => setImmediate(resolve));
  const stopped = house.leave();
  expect(await goaway).toBe(constants.NGHTTP2_NO_ERROR);
  await new Promise((resolve) => stream.once('close', resolve));
  await stopped;
  expect(text).toBe('whole');
});

it('a WebSocket whose other side does not answer the goodbye holds nobody up', async () => {
  const { house, app } = await start((_incoming, outgoing) => outgoing.end());
  const server = new WebSocketServer({ server: app.server });
  const socket = new WebSocket(`ws://127.0.0.1:${house.port}/`, { headers: { host: appHost } });
  await new Promise((resolve) => socket.once('open', resolve));
  socket.pause();
  const began = performance.now();
  await house.leave();
  expect(performance.now() - began).toBeLessThan(8_000);
  socket.terminate();
  server.close();
});
