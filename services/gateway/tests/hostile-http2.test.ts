import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { appHost, type EdgeHouse, healthy, startEdgeHouse } from './edge-house.ts';
import { unclean } from './hostile/compare.ts';
import { startGoodClient } from './hostile/good-client.ts';
import {
  block,
  flag,
  frame,
  frameType,
  get,
  headers,
  openRawSession,
  type RawSession,
  text,
  uint32,
} from './hostile/http2-frames.ts';
import { type StrictUpstream, startStrictUpstream } from './hostile/strict-upstream.ts';

/** One for all who ask: what the app of this test holds must not look like what the edge holds. */
const largeAnswer = Buffer.concat([
  Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 4000000\r\n\r\n'),
  Buffer.alloc(4_000_000, 'x'),
]);

let house: EdgeHouse;
let app: StrictUpstream;

beforeAll(async () => {
  app = await startStrictUpstream(({ method, target }) => {
    if (target.startsWith('/large')) return { bytes: largeAnswer };
    const body = `${method} ${target}`;
    return { bytes: `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}` };
  });
  house = await startEdgeHouse({ tls: true });
  // A busy machine may take its time with the app's answers: that it is answered at all is what good clients prove.
  await house.setRoute({ timeoutMs: 30_000 });
  house.setInstances([healthy('ins_1', app.address)]);
});

beforeEach(() => {
  app.requests.length = 0;
  app.violations.length = 0;
});

afterAll(async () => {
  await house.stop();
  await app.stop();
});

const open = (settings?: Buffer) => openRawSession(house.tlsPort, house.ca, settings);
type Fields = readonly (readonly [string, string])[];
const with_ = (...more: Fields): Fields => [...get('/front'), ...more];
const but = (name: string, value?: string): Fields =>
  get('/front').flatMap((field): Fields => (field[0] !== name ? [field] : value === undefined ? [] : [[name, value]]));

const refused: readonly (readonly [name: string, fields: Fields])[] = [
  ['a line end in the path', but(':path', '/front HTTP/1.1\r\nHost: x\r\n\r\nGET /hidden')],
  ['a line end in the method', but(':method', 'GET / HTTP/1.1\r\nX: y\r\n\r\nGET')],
  ['a line end in the authority', but(':authority', `${appHost}\r\nX: y`)],
  ['a line end in the scheme', but(':scheme', 'https\r\nX: y')],
  ['an upper-case name', with_(['X-A', 'b'])],
  ['a space in the path', but(':path', '/front HTTP/1.1')],
  ['a null in the path', but(':path', '/fr\0nt')],
  ['a path above ASCII', but(':path', '/fr\xf6nt')],
  ['an empty path', but(':path', '')],
  ['a path that is an address', but(':path', 'http://localhost/')],
  ['a path that is relative', but(':path', 'front')],
  ['no path', but(':path')],
  ['no method', but(':method')],
  ['no authority', but(':authority')],
  ['a method with a space', but(':method', 'GET /hidden HTTP/1.1')],
  [
    'CONNECT',
    [
      [':method', 'CONNECT'],
      [':authority', appHost],
    ],
  ],
  ['an extended CONNECT that was not offered', [...but(':method', 'CONNECT'), [':protocol', 'websocket']]],
  ['TRACE', but(':method', 'TRACE')],
  ['two paths', [...get('/front'), [':path', '/hidden']]],
  ['two methods', [...get('/front'), [':method', 'POST']]],
  ['a pseudo-header behind a header', [['x-a', 'b'], ...get('/front')]],
  ['an unknown pseudo-header', [...get('/front'), [':x', 'y']]],
  ['a Host that differs', with_(['host', 'localhost'])],
  ['two Hosts', with_(['host', appHost], ['host', 'localhost'])],
  ['an authority with a user', but(':authority', `user@${appHost}`)],
  ['an authority of the house on a connection of an app', but(':authority', 'localhost')],
  ['an authority of another app', but(':authority', 'other-garden.localhost')],
  ['transfer-encoding', with_(['transfer-encoding', 'chunked'])],
  ['connection', with_(['connection', 'close'])],
  ['keep-alive', with_(['keep-alive', 'timeout=5'])],
  ['proxy-connection', with_(['proxy-connection', 'close'])],
  ['upgrade', with_(['upgrade', 'websocket'])],
  ['te other than trailers', with_(['te', 'gzip'])],
  ['two lengths', with_(['content-length', '0'], ['content-length', '5'])],
  ['a length that is none', with_(['content-length', '+0'])],
  ['a length and no body', with_(['content-length', '5'])],
  ['three hundred headers', with_(...Array.from({ length: 300 }, (_, at) => [`x-${at}`, 'y'] as const))],
  ['20 KB of headers', with_(['x-a', 'a'.repeat(20_000)])],
];

/** The library leaves such a header out; nothing of it may arrive. */
const dropped: readonly (readonly [name: string, fields: Fields])[] = [
  ['a line end in a value', with_(['x-a', 'b\r\nx-c: d'])],
  ['a line feed in a value', with_(['x-a', 'b\nx-c: d'])],
  ['a line end in a name', with_(['x-a: b\r\nx-c', 'd'])],
  ['a colon in a name', with_(['x-a: b', 'c'])],
  ['a space in a name', with_(['x a', 'b'])],
  ['a null in a value', with_(['x-a', 'b\0c'])],
  ['an empty name', with_(['', 'b'])],
];

describe('HTTP/2 refuses', () => {
  it.each(refused)('%s', async (_name, fields) => {
    const session = await open();
    session.send(headers(1, fields));
    expect(await session.answer(1)).not.toContain('200');
    expect(app.requests).toEqual([]);
    session.close();
  });

  it.each(dropped)('or leaves out %s', async (_name, fields) => {
    const session = await open();
    session.send(headers(1, fields));
    await session.answer(1);
    expect(app.violations).toEqual([]);
    expect(JSON.stringify(app.requests)).not.toMatch(/"x-[ac]|"x a"|"b"|"c"/);
    session.close();
  });

  it.each([
    ['more than the length', 'hello, and more'],
    ['less than the length', 'he'],
  ])('a body of %s', async (_name, body) => {
    const session = await open();
    session.send(headers(1, [...but(':method', 'POST'), ['content-length', '5']], false));
    session.send(frame(frameType.data, flag.endStream, 1, Buffer.from(body)));
    expect(await session.answer(1)).not.toContain('200');
    expect(app.requests).toEqual([]);
    expect(app.violations).toEqual([]);
    session.close();
  });

  it('nothing that is proper', async () => {
    const session = await open();
    const fields: Fields = [
      ...get('/front'),
      ['host', appHost],
      ['te', 'trailers'],
      ['cookie', 'a=b'],
      ['cookie', 'c=d'],
    ];
    session.send(headers(1, fields));
    expect(await session.answer(1)).toContain('200');
    expect(app.requests.flatMap(unclean)).toEqual([]);
    expect(new Map(app.requests[0]?.headers).get('cookie')).toBe('a=b; c=d');
    session.close();
  });
});

describe('others are served, within bounds of memory and of connections to the app, during', () => {
  const rounds = 4_000;
  function* repeat(count: number, make: (at: number) => Buffer): Iterable<Buffer> {
    for (let at = 0; at < count; at++) yield make(at);
  }
  const abuses: readonly (readonly [name: string, ends: boolean, run: (session: RawSession) => Promise<void>])[] = [
    [
      'rapid resets',
      true,
      (session) =>
        session.flood(
          repeat(rounds, (at) =>
            Buffer.concat([headers(at * 2 + 1, get('/reset')), frame(frameType.reset, 0, at * 2 + 1, uint32(8))]),
          ),
        ),
    ],
    [
      'an endless row of continuations',
      true,
      (session) => {
        session.send(frame(frameType.headers, flag.endStream, 1, block(get('/endless'))));
        return session.flood(repeat(rounds, () => frame(frameType.more, 0, 1, block([['x-a', 'b']]))));
      },
    ],
    [
      'empty continuations',
      true,
      (session) => {
        session.send(frame(frameType.headers, flag.endStream, 1, block(get('/endless'))));
        return session.flood(repeat(rounds, () => frame(frameType.more, 0, 1)));
      },
    ],
    ['settings', true, (session) => session.flood(repeat(rounds, () => frame(frameType.settings, 0, 0)))],
    ['pings', true, (session) => session.flood(repeat(rounds, () => frame(frameType.ping, 0, 0, Buffer.alloc(8))))],
    [
      'headers of idle streams in the past',
      false,
      (session) => {
        session.send(headers(rounds * 2 + 1, get('/late')));
        return session.flood(repeat(rounds, (at) => headers(at * 2 + 1, get('/past'))));
      },
    ],
    [
      'more streams at once than are offered',
      false,
      (session) => session.flood(repeat(1_000, (at) => headers(at * 2 + 1, but(':method', 'POST'), false))),
    ],
    [
      'empty frames of data',
      false,
      (session) => {
        session.send(headers(1, but(':method', 'POST'), false));
        return session.flood(repeat(rounds, () => frame(frameType.data, 0, 1)));
      },
    ],
    [
      'priorities',
      false,
      (session) => session.flood(repeat(rounds, (at) => frame(frameType.priority, 0, at * 2 + 1, Buffer.alloc(5)))),
    ],
    [
      'updates of the window',
      false,
      (session) => session.flood(repeat(rounds, () => frame(frameType.window, 0, 0, uint32(1)))),
    ],
    [
      'a window beyond its bound',
      true,
      (session) => {
        session.send(
          frame(frameType.window, 0, 0, uint32(0x7fffffff)),
          frame(frameType.window, 0, 0, uint32(0x7fffffff)),
        );
        return Promise.resolve();
      },
    ],
    [
      'a header that is one byte in a thousand places',
      false,
      (session) => {
        const entry = Buffer.concat([Buffer.from([0x40]), text('x-bomb'), text('b'.repeat(3_900))]);
        const bomb = Buffer.concat([block(get('/bomb')), entry, Buffer.alloc(10_000, 0xbe)]);
        return session.flood(repeat(200, (at) => frame(frameType.headers, 5, at * 2 + 1, bomb)));
      },
    ],
    [
      'a frame larger than is allowed',
      true,
      (session) => {
        session.send(frame(frameType.data, 0, 1, Buffer.alloc(100_000)));
        return Promise.resolve();
      },
    ],
    [
      'another protocol',
      true,
      (session) => {
        session.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
        return Promise.resolve();
      },
    ],
  ];

  /** Bytes held by this thread alone, nghttp2's and buffers included; other tests share the process. */
  function held(): number {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  }

  it.each(abuses)('%s', async (_name, ends, run) => {
    const good = startGoodClient(house.port);
    const before = held();
    const session = await open();
    await run(session);
    if (ends) await Promise.race([session.closed, new Promise((resolve) => setTimeout(resolve, 5_000))]);
    expect(app.violations).toEqual([]);
    expect(app.open).toBeLessThan(400);
    const { answered, failed } = await good.stop();
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(0);
    if (ends) expect(session.isClosed).toBe(true);
    session.close();
    expect(held() - before).toBeLessThan(300e6);
  });

  it('a reader that takes nothing', async () => {
    const good = startGoodClient(house.port);
    const before = held();
    // Initial window 0: the head may come, the bodies may not.
    const session = await open(Buffer.concat([Buffer.from([0, 4]), uint32(0)]));
    for (let at = 0; at < 90; at++) session.send(headers(at * 2 + 1, get(`/large/${at}`)));
    await expect
      .poll(() => app.requests.filter(({ target }) => target.startsWith('/large')).length, { timeout: 20_000 })
      .toBe(90);
    const { failed } = await good.stop();
    expect(failed).toEqual([]);
    expect(held() - before).toBeLessThan(150e6);
    session.close();
  });
});
