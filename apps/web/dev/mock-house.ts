/**
 * A pretended house for work on pages without services: serves the built app under the gateway's content security
 * policy, answers queries from `mock-data.ts` and streams a log. Changes are refused. Never part of what is shipped.
 *
 *   pnpm build && node dev/mock-house.ts [port]
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema, graphql } from 'graphql';
import { Server } from 'socket.io';
import { logLines, mockRoot } from './mock-data.ts';

const port = Number(process.argv[2] ?? 4650);
const root = fileURLToPath(new URL('../dist/', import.meta.url));
const schema = buildSchema(readFileSync(new URL('../src/graph/schema.graphql', import.meta.url), 'utf8'));
const policy =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'";
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

async function answerGraph(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { query, variables } = JSON.parse(body) as { query?: string; variables: Record<string, unknown> };
  response.setHeader('content-type', 'application/json');
  if (query === undefined) {
    response.statusCode = 400;
    response.end(JSON.stringify({ errors: [{ message: '', extensions: { code: 'gateway.document-unknown' } }] }));
    return;
  }
  // A page without anybody signed in: asked for with `?nobody` in its address.
  const rootValue = request.headers.referer?.includes('nobody') ? { ...mockRoot, viewer: null } : mockRoot;
  const result = await graphql({ schema, source: query, rootValue, variableValues: variables });
  if (result.errors) console.error(result.errors.map((error) => error.message).join('\n'));
  response.end(JSON.stringify(result));
}

function answerFile(path: string, response: ServerResponse): void {
  const wanted = join(root, path.replaceAll('..', ''));
  const file = existsSync(wanted) && statSync(wanted).isFile() ? wanted : join(root, 'index.html');
  response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
  response.setHeader('content-security-policy', policy);
  response.end(readFileSync(file));
}

const server = createServer((request, response) => {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  if (path === '/graphql') void answerGraph(request, response);
  else answerFile(path, response);
});
new Server(server, { path: '/realtime' }).of('/deployments').on('connection', (socket) => {
  socket.on('join', ({ topic, id }: { topic: string; id: string }, done: (answer: object) => void) => {
    done({ ok: true });
    if (topic !== 'app') socket.emit('items', { topic, id, items: logLines });
  });
});
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`));
