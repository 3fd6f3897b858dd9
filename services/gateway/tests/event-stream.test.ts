import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { systemClock } from '@steading/kit';
import { createTestClock, type TestClock, waitFor } from '@steading/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readAccepted } from '#src/graph/accepted.ts';
import { eventHeaders, heartbeatMs, patienceMs, sendEvents } from '#src/graph/event-stream.ts';
import { type GraphEvent, oneEvent } from '#src/graph/graph-events.ts';

const server = createServer();
let clock: TestClock;
let stop: AbortController;
let outgoing: ServerResponse | undefined;
let over: Promise<void> | undefined;
let reader: Socket;
let heard: string;

beforeEach(async () => {
  clock = createTestClock();
  stop = new AbortController();
  outgoing = undefined;
  over = undefined;
  heard = '';
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  reader.destroy();
  server.removeAllListeners('request');
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

function start(events: AsyncIterable<GraphEvent>, given: typeof systemClock = clock): void {
  server.on('request', (_incoming, response) => {
    outgoing = response;
    response.writeHead(200, eventHeaders);
    over = sendEvents({ outgoing: response, events, signal: stop.signal, clock: given });
  });
  reader = connect((server.address() as AddressInfo).port, '127.0.0.1');
  reader.on('error', () => {});
  reader.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  reader.write('POST /graphql HTTP/1.1\r\nhost: x\r\n\r\n');
}

/** Events until the signal aborts, one for each that is given. */
async function* waiting(first: readonly GraphEvent[] = []): AsyncGenerator<GraphEvent> {
  yield* first;
  if (!stop.signal.aborted) await new Promise((resolve) => stop.signal.addEventListener('abort', resolve));
}

const untilHeard = (text: string) => waitFor(`the reader to hear ${text}`, () => heard.includes(text));

it('sends answers as `next` and the end as `complete`', async () => {
  start(oneEvent('{"data":{"rain":true}}'));
  await untilHeard('event: complete\ndata:\n\n');
  expect(heard).toMatch(/content-type: text\/event-stream; charset=utf-8/i);
  expect(heard).toContain('event: next\ndata: {"data":{"rain":true}}\n\n');
  await over;
});

it('sends its header before anything happens, and a comment after each time of silence', async () => {
  start(waiting());
  await untilHeard('\r\n\r\n');
  expect(heard).toContain(':\n\n');
  const beats = () => heard.split(': still here\n\n').length - 1;
  await clock.advance(heartbeatMs - 1);
  expect(beats()).toBe(0);
  await clock.advance(1);
  await waitFor('a heartbeat', () => beats() === 1);
  await clock.advance(heartbeatMs * 2);
  await waitFor('two more', () => beats() === 3);
});

it('ends when it is told to, with what the events say last', async () => {
  async function* events(): AsyncGenerator<GraphEvent> {
    yield* waiting([{ next: '1' }]);
    yield { next: '"bye"' };
  }
  start(events(), systemClock);
  await untilHeard('data: 1\n\n');
  stop.abort();
  await over;
  await waitFor('the end', () => reader.readableEnded || heard.endsWith('0\r\n\r\n'));
  expect(heard).toContain('event: next\ndata: "bye"\n\n');
  expect(heard).not.toContain('complete');
});

it('makes no answers for a reader that takes none, and cuts it off in the end', async () => {
  let made = 0;
  async function* large(): AsyncGenerator<GraphEvent> {
    for (; made < 1_000; made++) yield { next: `"${'x'.repeat(100_000)}"` };
  }
  start(large());
  reader.pause();
  await waitFor('the buffers to be full', () => outgoing?.writableNeedDrain);
  let before = -1;
  await waitFor('nothing more to be made', () => before === (before = made), { everyMs: 30 });
  expect(made).toBeLessThan(200);
  await clock.advance(patienceMs);
  await over;
  expect(outgoing?.destroyed).toBe(true);
});

it('lets nobody who takes nothing hold up an end', async () => {
  async function* large(): AsyncGenerator<GraphEvent> {
    for (;;) yield { next: `"${'x'.repeat(100_000)}"` };
  }
  start(large());
  reader.pause();
  await waitFor('the buffers to be full', () => outgoing?.writableNeedDrain);
  let made: number | undefined;
  await waitFor('nothing more to be sent', () => made === (made = outgoing?.writableLength), { everyMs: 30 });
  stop.abort();
  await over;
  expect(outgoing?.destroyed).toBe(true);
});

it('stops when its reader goes', async () => {
  start(waiting([{ next: '1' }]));
  await untilHeard('data: 1\n\n');
  outgoing?.once('close', () => stop.abort());
  reader.destroy();
  await over;
});

it.each([
  [undefined, { events: false, json: true }],
  ['*/*', { events: false, json: true }],
  ['text/event-stream', { events: true, json: false }],
  ['TEXT/Event-Stream; charset=utf-8', { events: true, json: false }],
  ['application/graphql-response+json, application/json, text/event-stream', { events: true, json: true }],
  ['application/json, text/event-stream;q=0', { events: false, json: true }],
  ['text/html', { events: false, json: false }],
])('reads accept: %s', (header, accepted) => {
  expect(readAccepted(header)).toEqual(accepted);
});
