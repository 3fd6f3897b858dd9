import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeployKey, type DeployKey } from '#src/source/deploy-key.ts';
import { type FetchOptions, fetchCommit } from '#src/source/git-fetch.ts';
import { parseSourceUrl, type SourceUrl } from '#src/source/source-url.ts';

let folder: string;
let runs = 0;
const key = createDeployKey('app_1');
const servers: ssh2.Server[] = [];

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
  for (const server of servers) await new Promise((resolve) => server.close(() => resolve(undefined)));
  rmSync(folder, { recursive: true, force: true });
});

/** A real SSH server that lets one key in and runs git-upload-pack for it. */
async function serve(hostKey: DeployKey, accepted: DeployKey): Promise<number> {
  const allowed = ssh2.utils.parseKey(accepted.publicKey) as ssh2.ParsedKey;
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey.reveal()] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => {
      if (context.method !== 'publickey') return context.reject(['publickey']);
      if (!context.key.data.equals(allowed.getPublicSSH())) return context.reject();
      if (context.signature && allowed.verify(context.blob!, context.signature, context.hashAlgo) !== true)
        return context.reject();
      context.accept();
    });
    client.on('session', (accept) => {
      const session = accept();
      session.on('env', (acceptEnv) => acceptEnv?.());
      session.on('exec', (acceptExec, reject, { command }) => {
        if (command !== "git-upload-pack '/garden.git'") return reject();
        const channel = acceptExec();
        const child = spawn('git', ['upload-pack', join(folder, 'garden.git')], {
          env: { PATH: '/usr/bin:/bin', GIT_PROTOCOL: 'version=2' },
        });
        channel.pipe(child.stdin);
        child.stdout.pipe(channel, { end: false });
        child.once('close', (code) => {
          channel.exit(code ?? 1);
          channel.end();
        });
      });
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
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
