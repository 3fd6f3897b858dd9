import { createReadStream, realpathSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join, sep } from 'node:path';
import send from 'send';

/**
 * Serves a folder of files on a port of its own, in this process: a program of its own for every site would cost 40 MB
 * each. Only GET and HEAD. A path that leaves the folder, by `..` or through a symbolic link, and names that begin with
 * a dot are as if they were not there.
 */
export function serveStatic(options: {
  folder: string;
  host: string;
  port: number;
  singlePage: boolean;
}): Promise<Server> {
  const root = realpathSync(options.folder);
  const server = createServer((request, response) =>
    answer({ root, singlePage: options.singlePage, request, response }),
  );
  server.requestTimeout = 30_000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => resolve(server));
  });
}

interface Exchange {
  readonly root: string;
  readonly singlePage: boolean;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function answer(exchange: Exchange): void {
  const { root, singlePage, request, response } = exchange;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD', 'content-length': 0 }).end();
    return;
  }
  const path = pathOf(request.url ?? '/');
  if (path === undefined || !staysInside(root, path)) {
    notFound(exchange);
    return;
  }
  const file = send(request, encodeURI(path).replaceAll('?', '%3F').replaceAll('#', '%23'), {
    root,
    dotfiles: 'ignore',
    index: 'index.html',
  });
  file.on('error', (error: { status?: number }) => {
    if (error.status === 416 || error.status === 412) {
      response.writeHead(error.status, { 'content-length': 0 }).end();
      return;
    }
    const page = singlePage && !/\.[a-z0-9]+$/i.test(path);
    if (page && staysInside(root, '/index.html'))
      send(request, '/index.html', { root })
        .on('error', () => notFound(exchange))
        .pipe(response);
    else notFound(exchange);
  });
  file.pipe(response);
}

function pathOf(url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.split(/[?#]/)[0] ?? '/');
    return path.startsWith('/') && !path.includes('\0') && !path.split(/[\\/]/).includes('..') ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the file is really in the folder once every symbolic link is followed. What is absent is judged later. */
function staysInside(root: string, path: string): boolean {
  for (const candidate of [join(root, path), join(root, path, 'index.html')]) {
    try {
      const real = realpathSync(candidate);
      if (real !== root && !real.startsWith(root + sep)) return false;
      if (
        real
          .slice(root.length)
          .split(sep)
          .some((part) => part.startsWith('.'))
      )
        return false;
    } catch {
      /* absent */
    }
  }
  return true;
}

/** The site's own 404.html, or one line. */
function notFound({ root, request, response }: Exchange): void {
  if (staysInside(root, '/404.html')) {
    try {
      const path = join(root, '404.html');
      const { size } = statSync(path);
      response.writeHead(404, { 'content-type': 'text/html; charset=utf-8', 'content-length': size });
      if (request.method === 'HEAD') response.end();
      else createReadStream(path).pipe(response);
      return;
    } catch {
      /* the site has none */
    }
  }
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('There is nothing here.\n');
}
