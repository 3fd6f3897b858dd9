import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Caller } from '@steading/kit';
import { parse } from 'graphql';
import { Agent } from 'undici';
import { afterEach, expect, it } from 'vitest';
import { createHttpSubgraph, type HttpSubgraphOptions } from '#src/http-subgraph.ts';
import type { GraphContext } from '#src/subgraph.ts';

const caller: Caller = { kind: 'user', principal: 'user:usr_1', requestId: 'req_1' };
const query = { document: parse('query ($id: ID!) { shop(id: $id) }'), variables: { id: '1' } };
const mutation = { document: parse('mutation { buy }') };
const fine = '{"data":{"shop":"open"}}';
const closing: (() => unknown)[] = [];
let now = 0;

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function subgraph(handle: RequestListener, options: Partial<HttpSubgraphOptions> = {}) {
  const server: Server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dispatcher = new Agent();
  closing.push(
    () => dispatcher.destroy(),
    () => {
      server.closeAllConnections();
      server.close();
    },
  );
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gone = new AbortController();
  const ask = createHttpSubgraph({
    name: 'Shop',
    dispatcher,
    url: () => ({ origin, path: '/graphql' }),
    headers: ({ caller: { principal } }) => ({ 'x-who': principal }),
    clock: { now: () => now },
    timeoutMs: 2_000,
    ...options,
  });
  const context = { caller, signal: gone.signal } as GraphContext;
  return { ask: (operation: Parameters<typeof ask>[0] = query) => ask(operation, context), gone, origin };
}

const answer = (text: string, status = 200): RequestListener => {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(text);
  };
};

it('asks at once when somebody is there again', async () => {
  let away = true;
  let origin = '';
  const { ask } = await subgraph(answer(fine), {
    url: () => (away ? undefined : { origin, path: '/' }),
    failuresToOpen: 1,
  });
  const other = await subgraph(answer(fine));
  origin = other.origin;
  for (let count = 0; count < 3; count++) await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
  away = false;
  expect(await ask()).toEqual({ data: { shop: 'open' } });
});

it('sends the operation with who asks, and reads the answer', async () => {
  let seen: unknown;
  const { ask } = await subgraph((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      seen = { who: request.headers['x-who'], url: request.url, ...(JSON.parse(body) as object) };
      response.end(fine);
    });
  });
  expect(await ask()).toEqual({ data: { shop: 'open' } });
  expect(seen).toMatchObject({ who: 'user:usr_1', url: '/graphql', variables: { id: '1' } });
});

it.each([
  ['a page', '<html>', 'unavailable'],
  ['a list', '[]', 'unavailable'],
  ['nothing', '{}', 'unavailable'],
  ['data that is no object', '{"data":3}', 'unavailable'],
  ['errors that are no list', '{"data":null,"errors":{}}', 'unavailable'],
  ['a name that changes objects', '{"data":{"a":[{"__proto__":{"x":1}}]}}', 'unavailable'],
  ['deep nesting', `{"data":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`, 'unavailable'],
  ['too much', `{"data":{"a":"${'x'.repeat(5000)}"}}`, 'too-large'],
])('refuses %s', async (_name, text, code) => {
  const { ask } = await subgraph(answer(text), {
    maxBytes: text.length > 5010 && text.includes('[[') ? 20_000 : 5_000,
  });
  await expect(ask()).rejects.toMatchObject({ code });
});

it('refuses to be sent elsewhere', async () => {
  const { ask } = await subgraph((_request, response) => {
    response.writeHead(302, { location: 'http://127.0.0.1:1/' });
    response.end(fine);
  });
  await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
});

it('takes of errors a sentence and a path, and no more', async () => {
  const errors = [
    { message: 'Sold out.', path: ['shop'], extensions: { stack: 'secret', code: 'unauthenticated' } },
    { message: 7, path: ['shop', {}] },
  ];
  const { ask } = await subgraph(answer(JSON.stringify({ data: null, errors })));
  const result = await ask();
  expect(result.errors?.map(({ message, path, extensions }) => ({ message, path, code: extensions.code }))).toEqual([
    { message: 'Sold out.', path: ['shop'], code: 'subgraph-failed' },
    { message: 'It failed.', path: undefined, code: 'subgraph-failed' },
  ]);
  expect(JSON.stringify(result.errors)).not.toContain('secret');
});

it('asks a second time where nothing was served, but never for a mutation', async () => {
  let asked = 0;
  const { ask } = await subgraph((request, response) =>
    answer(++asked % 2 ? '' : fine, asked % 2 ? 503 : 200)(request, response),
  );
  expect(await ask()).toEqual({ data: { shop: 'open' } });
  expect(asked).toBe(2);
  await expect(ask(mutation)).rejects.toMatchObject({ code: 'unavailable' });
  expect(asked).toBe(3);
});

it('gives up an answer that drips, and one that nobody waits for', async () => {
  const drip: RequestListener = (_request, response) => {
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  };
  const slow = await subgraph(drip, { timeoutMs: 150 });
  await expect(slow.ask()).rejects.toMatchObject({ code: 'deadline-exceeded' });
  const left = await subgraph(drip);
  const waiting = left.ask();
  left.gone.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
});

it('leaves it alone after failures in a row, looks again after a while, and goes on when it is back', async () => {
  let asked = 0;
  let up = false;
  const { ask } = await subgraph(
    (request, response) => {
      asked++;
      answer(up ? fine : 'down')(request, response);
    },
    { failuresToOpen: 3, openMs: 1_000 },
  );
  for (let count = 0; count < 6; count++) await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
  expect(asked).toBe(3);
  now += 1_001;
  await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
  await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
  expect(asked).toBe(4);
  up = true;
  now += 1_001;
  expect(await ask()).toEqual({ data: { shop: 'open' } });
  expect(await ask()).toEqual({ data: { shop: 'open' } });
});

it('takes so many at once and no more', async () => {
  const waiting: (() => void)[] = [];
  const { ask } = await subgraph((_request, response) => void waiting.push(() => response.end(fine)), { maxAtOnce: 1 });
  const first = ask();
  await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
  await expect.poll(() => waiting.length).toBe(1);
  waiting[0]!();
  expect(await first).toEqual({ data: { shop: 'open' } });
});
