import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appHost, type EdgeHouse, healthy, sendRaw, startApp, startEdgeHouse, type TestApp } from './edge-house.ts';

let house: EdgeHouse;
let app: TestApp;
const reached: string[] = [];

beforeAll(async () => {
  app = await startApp((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    request.resume();
    request.on('end', () => response.end('from the app'));
  });
  house = await startEdgeHouse();
  house.setInstances([healthy('ins_1', app.address)]);
});

afterAll(async () => {
  await house.stop();
  await app.stop();
});

const host = `Host: ${appHost}\r\n`;
const cases: readonly [name: string, request: string, status: number][] = [
  [
    'a length beside a transfer coding',
    `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
    400,
  ],
  ['two lengths', `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`, 400],
  ['two equal lengths in one line', `POST / HTTP/1.1\r\n${host}Content-Length: 5, 5\r\n\r\nhello`, 400],
  ['a signed length', `POST / HTTP/1.1\r\n${host}Content-Length: +5\r\n\r\nhello`, 400],
  ['a negative length', `POST / HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`, 400],
  ['two hosts', `GET / HTTP/1.1\r\n${host}Host: localhost\r\n\r\n`, 400],
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['a host that is none', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
  ['a folded header line', `GET / HTTP/1.1\r\n${host}X-A: one\r\n two\r\n\r\n`, 400],
  ['a space before the colon', `POST / HTTP/1.1\r\n${host}Content-Length : 5\r\n\r\nhello`, 400],
  ['bare line feeds', `GET / HTTP/1.1\nHost: ${appHost}\n\n`, 400],
  ['another transfer coding', `POST / HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501],
  [
    'a doubled transfer coding',
    `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  ['a whole address as the target', `GET http://localhost/ HTTP/1.1\r\n${host}\r\n`, 400],
  ['TRACE', `TRACE / HTTP/1.1\r\n${host}\r\n`, 405],
  ['a header of 20 KB', `GET / HTTP/1.1\r\n${host}X-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ['three hundred header lines', `GET / HTTP/1.1\r\n${host}${'X-A: b\r\n'.repeat(300)}\r\n`, 431],
  ['a null in a header', `GET / HTTP/1.1\r\n${host}X-A: a\0b\r\n\r\n`, 400],
  ['an unknown version', `GET / HTTP/3.7\r\n${host}\r\n`, 400],
  ['a host that nobody has', 'GET / HTTP/1.1\r\nHost: stranger.localhost\r\nConnection: close\r\n\r\n', 404],
  ['a stated body above the limit', `POST / HTTP/1.1\r\n${host}Content-Length: 9000000\r\n\r\n`, 413],
];

describe('the edge refuses', () => {
  it.each(cases)('%s', async (_name, request, status) => {
    reached.length = 0;
    const answer = await sendRaw(house.port, request);
    expect(Number(answer.match(/^HTTP\/1\.1 (\d{3})/)?.[1])).toBe(status);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(reached).toEqual([]);
  });

  it('a transfer coding that hides, by the parser or by the front', async () => {
    reached.length = 0;
    const answer = await sendRaw(house.port, `POST / HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 (400|501) /);
    expect(reached).toEqual([]);
  });

  it('cuts a body without length off at the limit', async () => {
    const chunk = `10000\r\n${'a'.repeat(65_536)}\r\n`;
    const answer = await sendRaw(
      house.port,
      `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413/);
  });

  it('answers pipelined requests in their order, each by itself', async () => {
    reached.length = 0;
    const answer = await sendRaw(
      house.port,
      `GET /1 HTTP/1.1\r\n${host}\r\nGET /2 HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
    );
    expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(reached.toSorted()).toEqual(['GET /1', 'GET /2']);
  });

  it('an app that is not there, and says why', async () => {
    await house.setRoute({ unavailable: 'stopped' });
    const answer = await sendRaw(house.port, `GET / HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
    await house.setRoute({ unavailable: '' });
    expect(answer).toMatch(/^HTTP\/1\.1 503[\s\S]*This app is stopped/);
  });
});
