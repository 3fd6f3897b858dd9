/** Small real apps without dependencies, as files of a repository. */

/**
 * Answers `<text>`, on `/` after `delayMs` and on `/slow` after 3 s; says at `/under-way` how many slow ones came; echoes
 * WebSockets' text frames of at most 125 bytes, and prints how many each of them brought; finishes what it has on SIGTERM.
 */
export function serverApp(text: string, options: { delayMs?: number } = {}): Record<string, string> {
  return {
    'package.json': JSON.stringify({
      name: 'app',
      private: true,
      type: 'module',
      scripts: { start: 'node server.js' },
    }),
    'package-lock.json': JSON.stringify({
      name: 'app',
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: 'app' } },
    }),
    'server.js': `
import { createServer } from 'node:http';
import { createHash } from 'node:crypto';
const text = ${JSON.stringify(text)};
let underWay = 0;
const server = createServer((request, response) => {
  if (request.url === '/under-way') return response.end(String(underWay));
  if (request.url === '/slow') {
    underWay++;
    return setTimeout(() => response.end(text), 3000);
  }
  setTimeout(() => response.end(request.url === '/env' ? JSON.stringify(process.env) : text), request.url === '/' ? ${options.delayMs ?? 0} : 0);
});
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n');
  socket.on('error', () => {});
  let rest = Buffer.alloc(0);
  let heard = 0;
  socket.on('close', () => console.log('heard ' + heard + ' of ' + request.url));
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 6 && rest.length >= 6 + (rest[1] & 127)) {
      const end = 6 + (rest[1] & 127);
      const mask = rest.subarray(2, 6);
      const body = rest.subarray(6, end).map((byte, index) => byte ^ mask[index % 4]);
      const kind = rest[0] & 15;
      rest = rest.subarray(end);
      if (kind === 8) return socket.end(Buffer.concat([Buffer.from([0x88, body.length]), body]));
      if (kind !== 1) continue;
      heard++;
      socket.write(Buffer.concat([Buffer.from([0x81, body.length]), body]));
    }
  });
});
server.keepAliveTimeout = 60_000;
server.listen(process.env.PORT, process.env.HOST, () => console.log('listening as ' + text));
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`,
  };
}

/** A folder of files, no program. */
export function staticApp(text: string): Record<string, string> {
  return { 'index.html': `<!doctype html><title>static</title><h1>${text}</h1>`, 'style.css': 'h1{color:teal}' };
}

/** Starts, then dies before it listens. */
export function crashingApp(): Record<string, string> {
  return {
    'package.json': JSON.stringify({ name: 'app', private: true, scripts: { start: 'node server.js' } }),
    'package-lock.json': JSON.stringify({
      name: 'app',
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: 'app' } },
    }),
    'server.js': "console.error('the cupboard is bare'); process.exit(3);",
  };
}
