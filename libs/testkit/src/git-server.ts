import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** A real smart-HTTP Git server (`git http-backend`) on loopback, with repositories that a test fills. */
export interface GitServer {
  readonly url: string;
  /** Where the bare repositories lie, each as `<name>.git`. */
  readonly folder: string;
  /** Makes a repository and gives the way to commit to it. */
  repository(name: string, options?: { readonly token?: string }): Promise<TestRepository>;
  /** How many requests for a repository were refused for want of its token. */
  refused(): number;
  stop(): Promise<void>;
}

export interface TestRepository {
  /** What an app is pointed at. */
  readonly url: string;
  /** Writes files (`null` removes one), commits them on the branch and returns the commit's id. */
  commit(files: Readonly<Record<string, string | null>>, message?: string): Promise<string>;
}

const run = promisify(execFile);
const author = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
  GIT_CONFIG_NOSYSTEM: '1',
  HOME: '/nonexistent',
};

/** @param options.tls its certificate and key, in PEM: it then speaks https, and is asked by `localhost`. */
export async function startGitServer(
  options: { readonly tls?: { readonly cert: string; readonly key: string } } = {},
): Promise<GitServer> {
  const root = mkdtempSync(join(tmpdir(), 'steading-git-'));
  chmodSync(root, 0o755);
  const tokens = new Map<string, string>();
  let refused = 0;

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const repository = /^\/([a-z0-9-]+)\.git\//.exec(request.url ?? '')?.[1] ?? '';
    const token = tokens.get(repository);
    if (token && !allows(request, token)) {
      refused++;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('no\n');
      return;
    }
    serve(root, request, response);
  };
  const server = options.tls ? createTlsServer(options.tls, answer) : createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = options.tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;

  return {
    url,
    folder: root,
    refused: () => refused,
    async repository(name, options = {}) {
      const bare = join(root, `${name}.git`);
      const work = join(root, `${name}.work`);
      await run('git', ['init', '-q', '--bare', '-b', 'main', bare], { env: { ...author, PATH: '/usr/bin:/bin' } });
      await run('git', ['init', '-q', '-b', 'main', work], { env: { ...author, PATH: '/usr/bin:/bin' } });
      await run('git', ['-C', bare, 'config', 'uploadpack.allowAnySHA1InWant', 'true']);
      if (options.token) tokens.set(name, options.token);
      return {
        url: `${url}/${name}.git`,
        commit: (files, message = 'A change') => commit({ bare, work, files, message }),
      };
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function commit(told: {
  bare: string;
  work: string;
  files: Readonly<Record<string, string | null>>;
  message: string;
}): Promise<string> {
  const { bare, work, files, message } = told;
  for (const [name, text] of Object.entries(files)) {
    const file = join(work, name);
    if (text === null) rmSync(file, { force: true });
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
  const git = (...args: string[]) => run('git', ['-C', work, ...args], { env: { ...author, PATH: '/usr/bin:/bin' } });
  await git('add', '-A');
  await git('commit', '-q', '--allow-empty', '-m', message);
  await git('push', '-q', bare, 'HEAD:refs/heads/main');
  return (await git('rev-parse', 'HEAD')).stdout.trim();
}

function allows(request: IncomingMessage, token: string): boolean {
  const [scheme, given = ''] = (request.headers.authorization ?? '').split(' ');
  if (scheme === 'Bearer') return given === token;
  return Buffer.from(given, 'base64').toString().split(':').includes(token);
}

/** CGI, as RFC 3875 says: headers from the program up to an empty line, then its body. */
function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://git');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: '/usr/bin:/bin',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(backend.stdin);
  backend.stdin.on('error', () => {});
  let head = Buffer.alloc(0);
  let headed = false;
  backend.stdout.on('data', (chunk: Buffer) => {
    if (headed) return void response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    headed = true;
    for (const line of head.subarray(0, end).toString('latin1').split('\r\n')) {
      const [name = '', ...value] = line.split(': ');
      if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value.join(': '), 10);
      else response.setHeader(name, value.join(': '));
    }
    response.write(head.subarray(end + 4));
  });
  backend.once('close', () => response.end());
}
