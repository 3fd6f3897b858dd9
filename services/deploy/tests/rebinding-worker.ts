/**
 * Runs in a network of its own, where one name server answers every name with a public address the first time and with
 * this machine's own ever after. Behind the public address are the repositories; on the inner one, at the same ports,
 * somebody who counts who comes. Prints what happened as JSON.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { Secret } from '@steading/kit';
import { startGitServer, startGitSshServer } from '@steading/testkit';
import { createDeployKey } from '#src/source/deploy-key.ts';
import { fetchCommit } from '#src/source/git-fetch.ts';
import { systemLookUp } from '#src/source/source-address.ts';
import { parseSourceUrl, type SourceUrl } from '#src/source/source-url.ts';

const outer = '93.184.215.14';
const inner = '127.0.0.1';
const [folder = ''] = process.argv.slice(2);

/** Names in the order in which they were asked for, with what was answered. */
const asked: string[] = [];
const knocks = { outer: 0, inner: 0 };

function answerNames(): Promise<void> {
  const known = new Set<string>();
  const server = createSocket('udp4', (query, from) => {
    const labels: string[] = [];
    let end = 12;
    for (; query[end]; end += 1 + query[end]!) labels.push(query.toString('latin1', end + 1, end + 1 + query[end]!));
    end += 5;
    const name = labels.join('.').toLowerCase();
    const isAddress = query.readUInt16BE(end - 4) === 1;
    const address = known.has(name) ? inner : outer;
    if (isAddress) {
      known.add(name);
      asked.push(`${name} ${address}`);
    }
    // RFC 1035, section 4.1: the same id, an answer, the question, one address with no time to live.
    const head = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, isAddress ? 1 : 0, 0, 0, 0, 0]);
    const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)];
    server.send(Buffer.concat([head, query.subarray(12, end), Buffer.from(isAddress ? record : [])]), from.port, inner);
  });
  return new Promise((done) => server.bind(53, inner, done));
}

/** The same port at both addresses: outside leads to `to`, inside only counts. Gives the port. */
async function twoFaced(to: number): Promise<number> {
  const face = (side: keyof typeof knocks) =>
    createTcpServer((socket) => {
      knocks[side]++;
      socket.on('error', () => {});
      if (side === 'inner') return void socket.end();
      const behind = connect(to, inner);
      behind.on('error', () => socket.destroy());
      socket.pipe(behind).pipe(socket);
    });
  const outside = face('outer');
  await new Promise<void>((done) => outside.listen(0, outer, done));
  const { port } = outside.address() as { port: number };
  await new Promise<void>((done) => face('inner').listen(port, inner, done));
  return port;
}

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(handle);
  await new Promise<void>((done) => server.listen(0, inner, done));
  return (server.address() as { port: number }).port;
}

const settings = { path: '/usr/local/bin:/usr/bin:/bin', caFile: '', home: join(folder, 'home') };
const key = createDeployKey('app_1');
let runs = 0;

/** One fetch by the rules for strangers' addresses: what it brought, who was asked, and whose door was knocked at. */
async function attempt(url: string) {
  asked.length = 0;
  Object.assign(knocks, { outer: 0, inner: 0 });
  const run = mkdtempSync(join(folder, `run-${runs++}-`));
  mkdirSync(join(run, 'keys'));
  const result = await fetchCommit({
    ...{ settings, source: parseSourceUrl(url, { http: true }) as SourceUrl, branch: 'main', commit: '' },
    credentials: url.startsWith('ssh') ? { deployKey: key.privateKey } : { token: new Secret('') },
    ...{ target: join(run, 'source'), keyFolder: join(run, 'keys'), maxBytes: 50 * 1024 * 1024 },
    ...{ allowInternal: false, lookUp: systemLookUp, signal: AbortSignal.timeout(20_000) },
  }).then(
    ({ message }) => message,
    (error: { code?: string }) => error.code ?? String(error),
  );
  return { result, asked: [...asked], ...knocks };
}

async function attemptUnpinned(url: string) {
  await systemLookUp(new URL(url).hostname);
  Object.assign(knocks, { outer: 0, inner: 0 });
  const child = spawn('git', ['ls-remote', url], {
    env: { PATH: settings.path, HOME: settings.home },
    stdio: 'ignore',
  });
  await new Promise((done) => child.once('close', done));
  return { ...knocks };
}

mkdirSync(settings.home);
execFileSync('ip', ['link', 'set', 'lo', 'up']);
execFileSync('ip', ['address', 'add', `${outer}/32`, 'dev', 'lo']);
execFileSync('mount', ['--bind', join(folder, 'resolv.conf'), '/etc/resolv.conf']);
await answerNames();
const git = await startGitServer();
const repository = await git.repository('garden');
await repository.commit({ 'a.txt': 'one' }, 'Plant beans');
const ssh = await startGitSshServer({ folder: git.folder, accepted: () => key.publicKey });
const gitPort = await twoFaced(Number(new URL(git.url).port));
const sshPort = await twoFaced(ssh.port);
/** The repository's own server sends whoever comes to the inner address. */
const redirecting = await twoFaced(
  await listen((request, response) =>
    response.writeHead(302, { location: `http://${inner}:${gitPort}${request.url}` }).end(),
  ),
);

const seen = {
  http: await attempt(`http://http.rebind.test:${gitPort}/garden.git`),
  // The server speaks no TLS: it is about where the connection goes.
  https: await attempt(`https://https.rebind.test:${gitPort}/garden.git`),
  ssh: await attempt(`ssh://git@ssh.rebind.test:${sshPort}/garden.git`),
  redirect: await attempt(`http://redirect.rebind.test:${redirecting}/garden.git`),
  again: await attempt(`http://http.rebind.test:${gitPort}/garden.git`),
  /** That the trap would catch somebody: git as it is, after the same check. */
  unpinned: await attemptUnpinned(`http://trap.rebind.test:${gitPort}/garden.git`),
};
console.log(JSON.stringify(seen));
process.exit(0);
