import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { endsConnection } from '#src/house/unread-body.ts';

/** Answers before anything of a body can have come. */
const server = createServer((incoming, outgoing) => outgoing.end(String(endsConnection(incoming))));

beforeEach(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterEach(() => new Promise((resolve) => server.close(resolve)));

it.each([
  ['a request without a body', 'GET', '', 'false'],
  ['a small body', 'POST', 'Content-Length: 5\r\n', 'false'],
  ['a large body', 'POST', 'Content-Length: 5000000\r\n', 'true'],
  ['a body of unknown length', 'POST', 'Transfer-Encoding: chunked\r\n', 'true'],
])('%s', async (_what, method, header, ends) => {
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  const answered = new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
  socket.write(`${method} / HTTP/1.1\r\nHost: localhost\r\n${header}\r\n`);
  expect(await answered).toContain(`\r\n\r\n${ends}`);
  socket.destroy();
});
