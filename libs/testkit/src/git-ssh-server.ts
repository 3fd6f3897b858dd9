import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';

export interface GitSshServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Now and then ssh2 writes a key that it cannot read itself. */
function freshKey(): string {
  for (;;) {
    const { private: key } = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(key) instanceof Error)) return key;
  }
}

/**
 * A real SSH server on loopback that lets in whoever holds the key and serves the bare repositories of a folder with
 * `git upload-pack`, as `ssh://git@127.0.0.1:<port>/<name>.git`.
 */
export async function startGitSshServer(options: {
  readonly folder: string;
  /** The server's own key, in OpenSSH's format; a fresh one if absent. */
  readonly hostKey?: string;
  /** The public key that is let in, as one line; asked at each connection. */
  readonly accepted: () => string;
  /** Called while a client waits for its repository. */
  readonly onRead?: (name: string) => void;
}): Promise<GitSshServer> {
  const hostKey = options.hostKey ?? freshKey();
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => {
      if (context.method !== 'publickey') return context.reject(['publickey']);
      const allowed = ssh2.utils.parseKey(options.accepted()) as ssh2.ParsedKey;
      if (!context.key.data.equals(allowed.getPublicSSH())) return context.reject();
      if (context.signature && allowed.verify(context.blob!, context.signature, context.hashAlgo) !== true)
        return context.reject();
      context.accept();
    });
    client.on('session', (accept) => {
      const session = accept();
      session.on('env', (acceptEnv) => acceptEnv?.());
      session.on('exec', (acceptExec, reject, { command }) => {
        const name = /^git-upload-pack '\/([a-z0-9-]+)\.git'$/.exec(command)?.[1];
        if (!name) return reject();
        options.onRead?.(name);
        serve(acceptExec(), join(options.folder, `${name}.git`));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function serve(channel: ssh2.ServerChannel, repository: string): void {
  const child = spawn('git', ['-c', 'safe.directory=*', 'upload-pack', repository], {
    env: { PATH: '/usr/bin:/bin', GIT_PROTOCOL: 'version=2' },
  });
  channel.pipe(child.stdin);
  child.stdin.on('error', () => {});
  child.stdout.pipe(channel, { end: false });
  child.once('close', (code) => {
    channel.exit(code ?? 1);
    channel.end();
  });
}
