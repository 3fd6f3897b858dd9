/**
 * The app that is replaced, without a build and without dependencies: answers its version after 200 ms, counts an
 * upload's bytes, streams numbered events, echoes WebSockets' text frames, and finishes what it has on SIGTERM.
 */
export function appFiles(version: number): Record<string, string> {
  const name = { name: 'app' };
  return {
    'package.json': JSON.stringify({ ...name, private: true, type: 'module', scripts: { start: 'node server.js' } }),
    'package-lock.json': JSON.stringify({ ...name, lockfileVersion: 3, requires: true, packages: { '': name } }),
    'server.js': `const version = '${version}';\n${server}`,
  };
}

const server = `
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
const server = createServer((request, response) => {
  if (request.url === '/upload') {
    let bytes = 0;
    request.on('data', (chunk) => (bytes += chunk.length));
    request.on('end', () => setTimeout(() => response.end(String(bytes)), 100));
  } else if (request.url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let number = 0;
    const timer = setInterval(() => response.write('data: ' + number++ + '\\n\\n'), 50);
    response.on('close', () => clearInterval(timer));
  } else setTimeout(() => response.end(version), 200);
});
server.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
  const accept = createHash('sha1').update(key).digest('base64');
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Accept: ' + accept];
  socket.write(head.join('\\r\\n') + '\\r\\n\\r\\n');
  socket.on('error', () => {});
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 6 && rest.length >= 6 + (rest[1] & 127)) {
      const length = rest[1] & 127;
      const mask = rest.subarray(2, 6);
      const body = Buffer.from(rest.subarray(6, 6 + length).map((byte, index) => byte ^ mask[index % 4]));
      const kind = rest[0] & 15;
      rest = rest.subarray(6 + length);
      if (kind === 8) return socket.end(Buffer.from([0x88, 0]));
      if (kind === 1) socket.write(Buffer.concat([Buffer.from([0x81, body.length]), body]));
    }
  });
});
server.listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
`;
