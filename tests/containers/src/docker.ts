/**
 * A Docker of the tests' own: a daemon with its folder, socket and addresses, which touches neither the firewall nor any
 * other Docker of this machine, and is gone afterwards with all that it made.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@steading/testkit';

export interface Docker {
  /** Runs the command; gives what it printed. Throws with what it said when it fails. */
  run(argv: readonly string[], options?: RunOptions): Promise<string>;
  /** Runs docker-compose in the same way. */
  compose(argv: readonly string[], options?: RunOptions): Promise<string>;
  /** Runs what somebody types who has `docker` and `docker compose`, by a shell. */
  type(command: string, options?: RunOptions): Promise<string>;
  /** What a container printed so far. */
  logs(container: string): string;
  stop(): Promise<void>;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  /** A file that is given on standard input. */
  readonly input?: string;
}

/** Why there can be no Docker here; undefined: there can. On Linux as root there must be one. */
export function whyNoDocker(): string | undefined {
  if (process.platform !== 'linux') return `containers are tested on Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'starting a Docker daemon needs root';
  return undefined;
}

// Debian's own first: it has the builder in it.
const client = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';
const bridge = '/sys/class/net/docker_gwbridge';

export async function startDocker(): Promise<Docker> {
  const folder = mkdtempSync(join(tmpdir(), 'steading-docker-'));
  const socket = `unix://${join(folder, 'socket')}`;
  const log = join(folder, 'log');
  const hadBridge = existsSync(bridge);
  const args = [
    ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid')],
    ...['--host', socket, '--bridge=none', '--iptables=false', '--ip-forward=false', '--log-level=warn'],
    ...['--default-address-pool', 'base=10.213.0.0/16,size=24'],
  ];
  const file = openSync(log, 'a');
  const daemon = spawn('dockerd', args, { stdio: ['ignore', file, file] });
  let ended: string | undefined;
  daemon.once('exit', (code, signal) => (ended = `dockerd ended with ${code ?? signal}`));
  daemon.once('error', (error) => (ended = error.message));

  const runOn =
    (program: string) =>
    (argv: readonly string[], options: RunOptions = {}) => {
      const env = { ...process.env, DOCKER_HOST: socket, DOCKER_BUILDKIT: '1', ...options.env };
      return runProgram([program, ...argv], { ...options, env });
    };
  const run = runOn(client);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'docker'), dockerScript, { mode: 0o755 });
  const isUp = async () => ended !== undefined || (await run(['version'])) !== '';
  await waitFor('Docker', isUp, { timeoutMs: 60_000, everyMs: 200 }).catch(() => undefined);
  if (ended !== undefined || !existsSync(join(folder, 'socket'))) {
    await end(daemon);
    const said = readFileSync(log, 'utf8').slice(-3_000);
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`Docker could not be started, although this is Linux and we are root: ${ended ?? ''}\n${said}`);
  }

  return {
    run,
    compose: runOn('docker-compose'),
    type: (command, options = {}) =>
      runProgram(['sh', '-euc', command], {
        ...options,
        env: {
          ...process.env,
          PATH: `${bin}:${process.env.PATH}`,
          DOCKER_HOST: socket,
          DOCKER_BUILDKIT: '1',
          ...options.env,
        },
      }),
    logs(container) {
      const env = { ...process.env, DOCKER_HOST: socket };
      const { stdout, stderr } = spawnSync(client, ['logs', container], { env, encoding: 'utf8', maxBuffer: 2 ** 28 });
      return stdout + stderr;
    },
    async stop() {
      const containers = (await run(['ps', '-aq'])).split('\n').filter(Boolean);
      await run(['swarm', 'leave', '--force']).catch(() => undefined);
      if (containers.length > 0) await run(['rm', '--force', '--volumes', ...containers]).catch(() => undefined);
      await run(['network', 'prune', '--force']).catch(() => undefined);
      await end(daemon);
      if (!hadBridge && existsSync(bridge)) await runProgram(['ip', 'link', 'delete', 'docker_gwbridge']);
      await unmountBelow(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Debian's Compose is a program of its own. */
const dockerScript = `#!/bin/sh
[ "$1" = compose ] || exec ${client} "$@"
shift
exec docker-compose "$@"
`;

/** The daemon leaves the network namespaces of Swarm mounted. */
async function unmountBelow(folder: string): Promise<void> {
  const places = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((place) => place.startsWith(`${folder}/`));
  for (const place of places.toReversed()) await runProgram(['umount', '--lazy', place]);
}

async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null || daemon.pid === undefined) return;
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  daemon.kill('SIGTERM');
  await ended;
}

/** Runs a program; gives what it printed. */
export function runProgram(
  argv: readonly string[],
  options: RunOptions & { env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { env, cwd, timeoutMs = 300_000, input } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), {
      env: env ?? process.env,
      cwd,
      timeout: timeoutMs,
      stdio: [input === undefined ? 'ignore' : openSync(input, 'r'), 'pipe', 'pipe'],
    });
    let out = '';
    let said = '';
    child.stdout?.on('data', (chunk) => (out += chunk));
    child.stderr?.on('data', (chunk) => (said += chunk));
    child.once('error', reject);
    child.once('close', (code, signal) =>
      code === 0
        ? resolve(out.trim())
        : reject(
            new Error(
              `${argv.slice(0, 4).join(' ').slice(0, 400)} ended with ${code ?? signal}:\n${(said + out).slice(-4_000)}`,
            ),
          ),
    );
  });
}
