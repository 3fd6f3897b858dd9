import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GitSshServer, startGitSshServer } from '@steading/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeployKey, type DeployKey } from '#src/source/deploy-key.ts';
import { type FetchOptions, fetchCommit } from '#src/source/git-fetch.ts';
import { parseSourceUrl, type SourceUrl } from '#src/source/source-url.ts';

let folder: string;
let runs = 0;
const key = createDeployKey('app_1');
const servers: GitSshServer[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'steading-ssh-'));
  mkdirSync(join(folder, 'home'));
  const git = (...argv: string[]) =>
    execFileSync('git', ['-C', folder, ...argv], {
      env: {
        PATH: '/usr/bin:/bin',
        HOME: '/nonexistent',
        GIT_AUTHOR_NAME: 'Ada',
        GIT_AUTHOR_EMAIL: 'ada@example.org',
        GIT_COMMITTER_NAME: 'Ada',
        GIT_COMMITTER_EMAIL: 'ada@example.org',
      },
    });
  git('init', '-q', '-b', 'main', 'garden.git');
  git('-C', 'garden.git', 'commit', '-q', '--allow-empty', '-m', 'Plant beans');
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(hostKey: DeployKey, accepted: DeployKey): Promise<number> {
  const server = await startGitSshServer({
    folder,
    hostKey: hostKey.privateKey.reveal(),
    accepted: () => accepted.publicKey,
  });
  servers.push(server);
  return server.port;
}

function options(port: number, more: Partial<FetchOptions> = {}): FetchOptions {
  const run = join(folder, String(++runs));
  mkdirSync(join(run, 'keys'), { recursive: true });
  return {
    settings: { path: '/usr/local/bin:/usr/bin:/bin', caFile: '', home: join(folder, 'home') },
    // Nobody resolves this name: ssh gets there only by the address that was checked.
    source: parseSourceUrl(`ssh://git@git.steading.invalid:${port}/garden.git`, { http: false }) as SourceUrl,
    branch: 'main',
    commit: '',
    credentials: { deployKey: key.privateKey },
    target: join(run, 'source'),
    keyFolder: join(run, 'keys'),
    allowInternal: true,
    lookUp: async () => ['127.0.0.1'],
    maxBytes: 50 * 1024 * 1024,
    signal: AbortSignal.timeout(20_000),
    ...more,
  };
}

test('a deploy key opens a repository over ssh, and the host key seen first is kept and required', async () => {
  const port = await serve(createDeployKey('host'), key);
  const found = await fetchCommit(options(port));
  expect(found).toMatchObject({ message: 'Plant beans' });
  expect(found.knownHosts).toMatch(/git\.steading\.invalid\S* ssh-ed25519 /);
  const known = { credentials: { deployKey: key.privateKey, knownHosts: found.knownHosts } };
  expect(await fetchCommit(options(port, known))).toMatchObject({ commit: found.commit });
  const impostor = await serve(createDeployKey('other'), key);
  const moved = found.knownHosts.replaceAll(String(port), String(impostor));
  const credentials = { deployKey: key.privateKey, knownHosts: moved };
  await expect(fetchCommit(options(impostor, { credentials }))).rejects.toMatchObject({ code: 'host-key' });
});

test('another key, and none, are refused', async () => {
  const port = await serve(createDeployKey('host'), key);
  const other = { deployKey: createDeployKey('app_2').privateKey };
  await expect(fetchCommit(options(port, { credentials: other }))).rejects.toMatchObject({ code: 'refused' });
  await expect(fetchCommit(options(port, { credentials: {} }))).rejects.toMatchObject({ code: 'refused' });
});

test('the private key is in no configuration that stays', async () => {
  const port = await serve(createDeployKey('host'), key);
  const run = options(port);
  await fetchCommit(run);
  expect(readFileSync(join(run.target, '.git/config'), 'utf8')).not.toContain('key');
});
