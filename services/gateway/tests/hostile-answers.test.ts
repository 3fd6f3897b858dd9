import { connect, constants } from 'node:http2';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { appHost, type EdgeHouse, healthy, startEdgeHouse } from './edge-house.ts';
import { type HostileAnswer, hostileAnswers } from './hostile/answers.ts';
import { exchangeRaw } from './hostile/send-raw.ts';
import { type StrictUpstream, startStrictUpstream } from './hostile/strict-upstream.ts';

let house: EdgeHouse;
let app: StrictUpstream;
let current: HostileAnswer;

beforeAll(async () => {
  app = await startStrictUpstream(() => ({ bytes: current.bytes, ends: current.ends === true }));
  house = await startEdgeHouse({ tls: true });
  await house.setRoute({ timeoutMs: 500 });
  house.setInstances([healthy('ins_1', app.address)]);
});

beforeEach(() => {
  app.requests.length = 0;
});

afterAll(async () => {
  await house.stop();
  await app.stop();
});

const cases = hostileAnswers.map((one) => [one.name, one] as const);
const houseWords = /steading_session|steading-generation|keep-alive: timeout=900|http2-settings/i;

describe('what an app answers, told to HTTP/1.1', () => {
  it.each(cases)('%s', async (_name, one) => {
    current = one;
    const heard = await exchangeRaw(house.port, [`GET /x HTTP/1.1\r\nHost: ${appHost}\r\nConnection: close\r\n\r\n`], {
      quietMs: 2_000,
    });
    const [head = '', ...rest] = heard.split('\r\n\r\n');
    expect(one.told).toContain(Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? 0));
    expect(heard.match(/HTTP\/1\.1 \d/g)?.length ?? 0).toBeLessThanOrEqual(1);
    for (const hidden of ['x-hidden', '\0', '\x01']) expect(heard).not.toContain(hidden);
    expect(heard).not.toMatch(houseWords);
    if (head.startsWith('HTTP/1.1 200') && one.body !== undefined) expect(rest.join('')).toContain(one.body);
    // What is malformed once is not asked for again.
    expect(app.requests).toHaveLength(1);
  });
});

describe('what an app answers, told to HTTP/2', () => {
  it.each(cases)('%s', async (_name, one) => {
    current = one;
    const { status, text, code } = await askHttp2();
    expect(one.told).toContain(status);
    if (status === 200 && one.body !== undefined && code === constants.NGHTTP2_NO_ERROR) expect(text).toBe(one.body);
    expect(app.requests).toHaveLength(1);
  });
});

it('and the house goes on', async () => {
  current = { name: 'good', bytes: 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello', told: [200] };
  expect(await askHttp2()).toMatchObject({ status: 200, text: 'hello' });
});

/** Status 0: the stream ended without one. */
async function askHttp2(): Promise<{ status: number; text: string; code: number }> {
  const session = connect(`https://127.0.0.1:${house.tlsPort}`, { ca: house.ca, servername: appHost });
  session.on('error', () => {});
  const stream = session.request({ ':path': '/x', ':authority': appHost });
  let status = 0;
  let text = '';
  stream.on('response', (headers) => (status = Number(headers[':status'])));
  stream.on('data', (chunk) => (text += chunk));
  stream.on('error', () => {});
  const late = setTimeout(() => stream.destroy(), 1_000);
  await new Promise((resolve) => stream.once('close', resolve));
  clearTimeout(late);
  session.destroy();
  return { status, text, code: stream.rstCode };
}
