import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@steading/kit';
import { type GitServer, startGitServer } from '@steading/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeployKey } from '#src/source/deploy-key.ts';
import { openAccess } from '#src/source/git-access.ts';
import { type FetchOptions, fetchCommit, stripGit } from '#src/source/git-fetch.ts';
import { inspectRepository } from '#src/source/git-inspect.ts';
import { systemLookUp } from '#src/source/source-address.ts';
import { findEscape } from '#src/source/source-tree.ts';
import { parseSourceUrl, type SourceUrl } from '#src/source/source-url.ts';

let git: GitServer;
let folder: string;
let runs = 0;
beforeAll(async () => {
  git = await startGitServer();
  folder = mkdtempSync(join(tmpdir(), 'steading-fetch-'));
  mkdirSync(join(folder, 'home'));
});
afterAll(async () => {
  await git.stop();
  rmSync(folder, { recursive: true, force: true });
});

function options(url: string, more: Partial<FetchOptions> = {}): FetchOptions {
  const run = join(folder, String(++runs));
  mkdirSync(join(run, 'keys'), { recursive: true });
  return {
    settings: { path: '/usr/local/bin:/usr/bin:/bin', caFile: '', home: join(folder, 'home') },
    source: parseSourceUrl(url, { http: true }) as SourceUrl,
    branch: '',
    commit: '',
    credentials: {},
    target: join(run, 'source'),
    keyFolder: join(run, 'keys'),
    allowInternal: true,
    lookUp: async () => ['127.0.0.1'],
    maxBytes: 50 * 1024 * 1024,
    signal: AbortSignal.timeout(20_000),
    ...more,
  };
}

test('fetches the branch, an exact commit, and an older commit by its first digits', async () => {
  const repository = await git.repository('commits');
  const one = await repository.commit({ 'a.txt': 'one' }, 'First');
  const two = await repository.commit({ 'a.txt': 'two' }, 'Second');
  const newest = options(repository.url, { branch: 'main' });
  expect(await fetchCommit(newest)).toMatchObject({ commit: two, message: 'Second', author: 'Ada' });
  const exact = options(repository.url, { commit: one });
  expect(await fetchCommit(exact)).toMatchObject({ commit: one });
  expect(readFileSync(join(exact.target, 'a.txt'), 'utf8')).toBe('one');
  const short = options(repository.url, { commit: one.slice(0, 10) });
  expect(await fetchCommit(short)).toMatchObject({ commit: one });
  await stripGit(short.target);
  expect(readdirSync(short.target)).toEqual(['a.txt']);
});

test('a host name is pinned to the address that was checked', async () => {
  const repository = await git.repository('pinned');
  await repository.commit({ 'a.txt': 'one' });
  const { port } = new URL(git.url);
  // No resolver knows this name: git can only get there by the address that our own look-up gave.
  const found = options(`http://git.steading.invalid:${port}/pinned.git`, { lookUp: async () => ['127.0.0.1'] });
  expect(await fetchCommit(found)).toMatchObject({ message: 'A change' });
});

test.each([
  '127.0.0.1',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[64:ff9b::7f00:1]',
])('the internal host %s is refused however it is written, by any transport', async (host) => {
  for (const url of [`http://${host}:1/x.git`, `https://${host}:1/x.git`, `ssh://git@${host}:1/x.git`]) {
    const asked = options(url, { allowInternal: false, lookUp: systemLookUp });
    await expect(fetchCommit(asked), url).rejects.toMatchObject({ code: 'deploy.internal-address' });
  }
});

test('a name that answers with an internal address the second time brings nobody there', async () => {
  const seen: string[] = [];
  const server = await listen((url, response) => {
    seen.push(url);
    response.end();
  });
  const { port } = server.address() as AddressInfo;
  let asked = 0;
  // Public when it is checked; whoever asks again, git included, is led inside.
  const lookUp = async () => [asked++ === 0 ? '192.0.2.1' : '127.0.0.1'];
  const access = await openAccess(
    parseSourceUrl(`http://localhost:${port}/x.git`, { http: true }) as SourceUrl,
    {},
    {
      ...{ folder, allowInternal: true, lookUp },
    },
  );
  expect(asked).toBe(1);
  expect(access.config).toContainEqual(['http.curloptResolve', `localhost:${port}:192.0.2.1`]);
  // The system's own answer for this name is this machine, where a server listens: it is not asked.
  const rebound = options(`http://localhost:${port}/x.git`, {
    lookUp: async () => ['192.0.2.1'],
    signal: AbortSignal.timeout(2_000),
  });
  await expect(fetchCommit(rebound)).rejects.toThrow();
  expect(seen).toEqual([]);
  server.close();
});

test('an internal address is refused before anything is sent', async () => {
  const seen: string[] = [];
  const server = await listen((url) => seen.push(url));
  const { port } = server.address() as AddressInfo;
  const refused = options(`http://127.0.0.1:${port}/x.git`, { allowInternal: false });
  await expect(fetchCommit(refused)).rejects.toMatchObject({ code: 'deploy.internal-address' });
  const named = options(`http://innocent.example.org:${port}/x.git`, { allowInternal: false });
  await expect(fetchCommit(named)).rejects.toMatchObject({ code: 'deploy.internal-address' });
  expect(seen).toEqual([]);
  server.close();
});

test('a redirect is not followed', async () => {
  const repository = await git.repository('elsewhere');
  await repository.commit({ 'a.txt': 'one' });
  const server = await listen((url, response) =>
    response.writeHead(302, { location: `${git.url}${url.replace('/r.git', '/elsewhere.git')}` }).end(),
  );
  const { port } = server.address() as AddressInfo;
  await expect(fetchCommit(options(`http://127.0.0.1:${port}/r.git`))).rejects.toMatchObject({
    name: 'SourceProblem',
    code: 'redirect',
  });
  server.close();
});

test('a token opens a private repository, and is in no argument and no message', async () => {
  const repository = await git.repository('private', { token: 'tok-en-12345' });
  await repository.commit({ 'a.txt': 'one' });
  await expect(fetchCommit(options(repository.url))).rejects.toMatchObject({ code: 'refused' });
  const wrong = options(repository.url, { credentials: { token: new Secret('wrong') } });
  const problem = await fetchCommit(wrong).catch((error: Error) => error);
  expect(String(problem)).not.toContain('wrong');
  const right = options(repository.url, { credentials: { token: new Secret('tok-en-12345') } });
  expect(await fetchCommit(right)).toMatchObject({ message: 'A change' });
  expect(readFileSync(join(right.target, '.git/config'), 'utf8')).not.toContain('tok-en');
});

test('each mistake has a sentence', async () => {
  const repository = await git.repository('small');
  await repository.commit({ 'a.txt': 'one' });
  await expect(fetchCommit(options(repository.url, { branch: 'none' }))).rejects.toMatchObject({ code: 'no-branch' });
  await expect(fetchCommit(options(repository.url, { commit: 'a'.repeat(40) }))).rejects.toMatchObject({
    code: 'no-commit',
  });
  await expect(fetchCommit(options(`${git.url}/none.git`))).rejects.toMatchObject({ code: 'not-found' });
  await expect(fetchCommit(options('http://127.0.0.1:1/x.git'))).rejects.toMatchObject({ code: 'unreachable' });
});

test('a repository beyond the limit is stopped', async () => {
  const repository = await git.repository('large');
  const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('base64');
  await repository.commit(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f${i}`, noise()])));
  const small = options(repository.url, { maxBytes: 100_000 });
  await expect(fetchCommit(small)).rejects.toMatchObject({ code: 'too-large' });
});

test('aborting ends git at once', async () => {
  const server = await listen(() => {});
  const { port } = server.address() as AddressInfo;
  const stop = new AbortController();
  const running = fetchCommit(options(`http://127.0.0.1:${port}/slow.git`, { signal: stop.signal })).catch(
    (error: Error) => error,
  );
  const startedMs = Date.now();
  setTimeout(() => stop.abort(new Error('enough')), 300);
  expect(await running).toMatchObject({ message: 'enough' });
  expect(Date.now() - startedMs).toBeLessThan(3000);
  server.closeAllConnections();
  server.close();
});

test('hooks and filters of a repository do not come to life, and links that lead out are found', async () => {
  const repository = await git.repository('tricks');
  const mark = join(folder, 'came-to-life');
  await repository.commit({
    '.gitattributes': '* filter=evil\n',
    'a.txt': 'x',
    '.gitmodules': '[submodule "x"]\n path = x\n url = file:///etc\n',
  });
  const found = options(repository.url);
  writeFileSync(join(folder, 'home/.gitconfig'), `[filter "evil"]\n smudge = touch ${mark}\n`);
  await fetchCommit(found);
  expect(existsSync(mark)).toBe(false);
  expect(await findEscape(found.target)).toBeUndefined();
  execFileSync('ln', ['-s', '../../../../etc', join(found.target, 'out')]);
  expect(await findEscape(found.target)).toContain('out');
});

test.each<[what: string, links: Record<string, string>, leak: string | undefined]>([
  ['up and back in', { 'a/b/home': '../../index.html' }, undefined],
  ['to another link', { first: 'second', second: 'index.html' }, undefined],
  ['to the top', { 'a/top': '..' }, undefined],
  ['to nothing', { broken: 'not-there' }, undefined],
  ['up through a folder', { 'a/b/odd': '../../a/../index.html' }, undefined],
  ['out by itself', { leak: '../x' }, 'leak'],
  ['out to nothing', { leak: '../not/there' }, 'leak'],
  ['out through a link upward', { 'a/b/c/up': '../../..', leak: 'a/b/c/up/../../../etc/passwd' }, 'leak'],
  ['out through two links', { 'a/b/up': '../..', two: 'a/b/up/a', leak: 'two/../../etc' }, 'leak'],
  ['round in a circle, and so nowhere', { one: 'other', other: 'one' }, undefined],
  ['absolute', { leak: '/etc/passwd' }, 'leak'],
])('of links that lead %s, the one out is found', async (_what, links, leak) => {
  const root = join(folder, `links-${++runs}`);
  mkdirSync(join(root, 'a/b/c'), { recursive: true });
  writeFileSync(join(root, 'index.html'), 'x');
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(root, path));
  const found = await findEscape(root);
  if (leak === undefined) expect(found).toBeUndefined();
  else expect(found).toBe(`the link ${leak} leads out of it`);
});

test('a look at a repository gives branches and what detection reads, and leaves nothing', async () => {
  const repository = await git.repository('look');
  await repository.commit({ 'index.html': '<h1>' });
  const { target: _target, keyFolder: _keys, commit: _commit, ...rest } = options(repository.url);
  const place = join(folder, 'inspections');
  const found = await inspectRepository({ ...rest, folder: place });
  expect(found).toMatchObject({ branches: ['main'], defaultBranch: 'main' });
  expect([...found.listing.files]).toContain('index.html');
  expect(readdirSync(place)).toEqual([]);
});

test('a deploy key is one that ssh-keygen reads, with the public half that is shown', () => {
  const key = createDeployKey('app_1');
  const file = join(folder, 'key');
  writeFileSync(file, key.privateKey.reveal(), { mode: 0o600 });
  const shown = execFileSync('ssh-keygen', ['-y', '-f', file]).toString().trim();
  expect(shown.split(' ').slice(0, 2)).toEqual(key.publicKey.split(' ').slice(0, 2));
  expect(String(key.privateKey)).toBe('[secret]');
});

function listen(answer: (url: string, response: import('node:http').ServerResponse) => void): Promise<Server> {
  const server = createServer((request, response) => answer(request.url ?? '', response));
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

// Needs a file system of its own to fill, which only root may mount.
test.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'says that the disk is full where a repository does not fit',
  async () => {
    const repository = await git.repository('large');
    await repository.commit({ 'large.txt': randomBytes(6_000_000).toString('hex') });
    const small = join(folder, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', small]);
    try {
      const asked = options(repository.url, { branch: 'main', target: join(small, 'source') });
      await expect(fetchCommit(asked)).rejects.toMatchObject({ code: 'disk-full' });
    } finally {
      execFileSync('umount', [small]);
    }
  },
);
