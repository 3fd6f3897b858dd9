import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { appHost, type EdgeHouse, healthy, startEdgeHouse } from './edge-house.ts';
import { smuggled, unclean } from './hostile/compare.ts';
import { startGoodClient } from './hostile/good-client.ts';
import { hostileRequests } from './hostile/requests.ts';
import { exchangeRaw } from './hostile/send-raw.ts';
import { type StrictUpstream, startStrictUpstream } from './hostile/strict-upstream.ts';

let house: EdgeHouse;
let app: StrictUpstream;

beforeAll(async () => {
  app = await startStrictUpstream();
  house = await startEdgeHouse();
  house.setInstances([healthy('ins_1', app.address)]);
});

beforeEach(async () => {
  // What an earlier case sent is at the app before this answer is here, however busy the machine.
  await exchangeRaw(house.port, [`GET /before HTTP/1.1\r\nHost: ${appHost}\r\nConnection: close\r\n\r\n`]);
  app.requests.length = 0;
  app.violations.length = 0;
});

afterAll(async () => {
  await house.stop();
  await app.stop();
});

describe('of hostile bytes no app sees more than what was properly asked', () => {
  it.each(hostileRequests.map((one) => [JSON.stringify(one.name), one] as const))('%s', async (_name, one) => {
    const heard = await exchangeRaw(house.port, [one.bytes]);
    expect(app.violations).toEqual([]);
    expect(smuggled(one.bytes, app.requests)).toEqual([]);
    expect(app.requests.flatMap(unclean)).toEqual([]);
    expect(app.requests.length).toBeLessThanOrEqual(one.reaches ?? 0);
    expect(heard).toMatch(/^(HTTP\/1\.1 \d{3} |$)/);
  });

  it('also when they come in single bytes', async () => {
    for (const one of hostileRequests.filter(({ bytes }) => bytes.length < 200)) {
      app.requests.length = 0;
      await exchangeRaw(house.port, one.bytes.split(''), { quietMs: 20 });
      expect([one.name, app.violations, smuggled(one.bytes, app.requests)]).toEqual([one.name, [], []]);
    }
  });

  it('and others are served meanwhile', async () => {
    const good = startGoodClient(house.port);
    for (let at = 0; at < hostileRequests.length; at += 16)
      await Promise.all(hostileRequests.slice(at, at + 16).map(({ bytes }) => exchangeRaw(house.port, [bytes])));
    const { answered, failed } = await good.stop();
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(10);
  });
});

describe('what is proper passes', () => {
  const get = `GET /front HTTP/1.1\r\nHost: ${appHost}\r\n`;

  it('with a body that looks like a request, as a body', async () => {
    const hidden = `GET /hidden HTTP/1.1\r\nHost: ${appHost}\r\n\r\n`;
    const bytes = `POST /front HTTP/1.1\r\nHost: ${appHost}\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`;
    expect(await exchangeRaw(house.port, [bytes])).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(app.requests.map(({ target, body }) => [target, body])).toEqual([['/front', hidden]]);
  });

  it('with the path as it was written', async () => {
    for (const path of ['/../../etc/passwd', '//localhost/x', '/%2e%2e/%0d%0aX:%20y', '/?http://localhost/']) {
      await exchangeRaw(house.port, [`GET ${path} HTTP/1.1\r\nHost: ${appHost}\r\n\r\n`]);
      expect(app.requests.pop()?.target).toBe(path);
    }
  });

  it('without what Connection names, and never without what frames or tells where it comes from', async () => {
    const lines = [
      'Connection: x-private, content-length, host, x-forwarded-for, forwarded, cookie',
      'X-Private: one hop',
      'X-Forwarded-For: 203.0.113.9',
      'X_Forwarded_For: 203.0.113.9',
      'Cookie: a=b; steading_session=secret',
      'Steading-User: admin',
    ];
    await exchangeRaw(house.port, [`${get}${lines.join('\r\n')}\r\nContent-Length: 5\r\n\r\nhello`]);
    const headers = new Map(app.requests[0]?.headers);
    expect(app.requests[0]?.body).toBe('hello');
    expect(headers.get('host')).toBe(appHost);
    expect(headers.get('x-forwarded-for')).toBe('127.0.0.1');
    expect(headers.get('cookie')).toBe('a=b');
    expect([...headers.keys()]).not.toContain('x-private');
    expect(JSON.stringify([...headers])).not.toMatch(/203\.0\.113|steading-user/);
  });

  it('and a broken request after it gets no answer that could be taken for the first one', async () => {
    const heard = await exchangeRaw(house.port, [`${get}\r\nGET /broken HTTP/9.9\r\n\r\n`]);
    expect(heard).not.toMatch(/HTTP\/1\.1 [45]/);
    expect(smuggled(`${get}\r\n`, app.requests)).toEqual([]);
  });
});
