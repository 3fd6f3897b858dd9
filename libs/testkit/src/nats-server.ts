import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '#src/wait-for.ts';

/** A nats-server with JetStream of its own, which can be killed, lose its store, and come back at the same address. */
export interface NatsServer {
  readonly url: string;
  /** Resolves when it takes connections. */
  start(): Promise<void>;
  /** `SIGKILL` leaves its store as it is on disk. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** While it is dead. */
  loseStore(): void;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

const places = ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'];

/** @param at its folder, made where it is missing, its port, and who alone may connect; default: fresh ones, and everybody. */
export async function createNatsServer(
  at: { folder?: string; port?: number; login?: { user: string; password: string } } = {},
): Promise<NatsServer> {
  const { login } = at;
  const folder = at.folder ?? mkdtempSync(join(tmpdir(), 'steading-nats-'));
  const port = at.port ?? (await freePort());
  let child: ChildProcess | undefined;

  async function kill(signal: NodeJS.Signals): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  return {
    url: login
      ? `nats://${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@127.0.0.1:${port}`
      : `nats://127.0.0.1:${port}`,
    async start() {
      const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder];
      if (login) args.push('--user', login.user, '--pass', login.password);
      child = spawn(places.find(existsSync) ?? 'nats-server', args, { stdio: 'ignore' });
      // Told below, with what to do.
      child.on('error', () => {});
      await waitFor('nats-server (apt-get install nats-server)', () => reachable(port), { timeoutMs: 20_000 });
    },
    kill,
    loseStore: () => rmSync(folder, { recursive: true, force: true }),
    async remove() {
      await kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function reachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
