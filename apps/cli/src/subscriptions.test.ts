import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApi } from '#src/api.ts';

/** What the house answers, by turns. */
let turns: ((response: ServerResponse, asked: { variables: unknown }) => void)[];
let asked: unknown[];
let url: string;
const server = createServer((request, response) => void answer(request, response));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const part of request) text += String(part);
  const body = JSON.parse(text) as { variables: unknown };
  asked.push(body.variables);
  turns.shift()?.(response, body);
}

beforeEach(async () => {
  turns = [];
  asked = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

const begin = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' });
const tell = (response: ServerResponse, data: unknown) =>
  response.write(`event: next\ndata: ${JSON.stringify(data)}\n\n`);
const line = (at: number) => ({ data: { log: { last: at } } });
const refusal = (code: string, status: number) => ({ errors: [{ message: code, extensions: { code, status } }] });

async function read(signal?: AbortSignal): Promise<number[]> {
  const seen: number[] = [];
  const variables = () => ({ after: seen.at(-1) ?? 0 });
  for await (const { log } of createApi({ url }).subscribe<{ log: { last: number } }>(
    'subscription',
    variables,
    signal,
  ))
    seen.push(log.last);
  return seen;
}

test('goes on after a dropped connection from where it was, and ends when it is complete', async () => {
  turns = [
    (response) => {
      begin(response).write(':\n\n');
      tell(response, line(1));
      tell(response, line(2));
      setImmediate(() => response.destroy());
    },
    // A house that restarts says so, and ends without `complete`.
    (response) => {
      tell(begin(response), line(3));
      tell(response, refusal('unavailable', 503));
      response.end();
    },
    (response) =>
      response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify(refusal('unavailable', 503))),
    (response) => {
      tell(begin(response), line(4));
      response.end('event: complete\ndata:\n\n');
    },
  ];
  expect(await read()).toEqual([1, 2, 3, 4]);
  expect(asked).toEqual([{ after: 0 }, { after: 2 }, { after: 3 }, { after: 3 }]);
});

test.each([
  ['before it begins', 'forbidden'],
  ['while it runs', 'unauthenticated'],
])('does not come again where it is refused %s', async (when, code) => {
  turns = [
    (response) => {
      if (when === 'before it begins')
        return response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify(refusal(code, 403)));
      tell(begin(response), line(1));
      tell(response, refusal(code, 401));
      return response.end('event: complete\ndata:\n\n');
    },
  ];
  await expect(read()).rejects.toMatchObject({ code });
  expect(asked).toHaveLength(1);
});

test('says at once that a house cannot be reached that never answered', async () => {
  const { port } = server.address() as AddressInfo;
  url = `http://127.0.0.1:${port === 1 ? 2 : 1}`;
  await expect(read()).rejects.toMatchObject({ code: 'unreachable' });
});

test('ends in peace when it is told to', async () => {
  const stop = new AbortController();
  turns = [
    (response) => {
      tell(begin(response), line(1));
      response.write(':\n\n', () => stop.abort());
    },
  ];
  expect((await read(stop.signal)).length).toBeLessThanOrEqual(1);
});
