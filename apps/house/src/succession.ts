/**
 * A restart at which nobody is refused. The process that runs starts its successor and gives it the listening sockets;
 * the successor loads everything, tries whether it could bring the database forward, and says so; only then the first one stops, and the second one takes the folder. In
 * between nobody accepts, but the sockets are open: connections wait in the kernel's queue. A successor that cannot be
 * prepared changes nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Server } from 'node:net';
import type { Log } from '@steading/kit';
import type { Succession } from '@steading/service';
import { processStartTime } from '#src/running.ts';

export interface HouseSuccession extends Succession {
  /** Starts a successor and waits until it is prepared. Rejects when it cannot be. */
  begin(): Promise<void>;
  /** Lets go of the successor, which would notice the end of this process anyway. */
  disconnect(): void;
  /**
   * In a successor: once `prepare` is done, says so, and resolves when the process before has ended. If it rejects, so
   * does this, and the process before goes on. In any other process at once.
   */
  awaitTurn(prepare: () => Promise<void>): Promise<void>;
}

interface Handle {
  readonly _handle?: { readonly fd?: number };
}

const prepareTimeoutMs = 30_000;
/** A house that stops has 30 s for its services and 10 s for PostgreSQL. */
const turnTimeoutMs = 60_000;
/** 0 to 2 as this process has them, 3 for the word between the two. */
const firstFd = 4;

export function createSuccession(options: {
  env: NodeJS.ProcessEnv;
  log: Log;
  /** What the successor is started with; default: what this process was started with. */
  command?: readonly string[];
}): HouseSuccession {
  const { env, log, command = [...process.execArgv, ...process.argv.slice(1)] } = options;
  const before = take(env, 'STEADING_SUCCEEDS');
  const left = new Map(
    (take(env, 'STEADING_SOCKETS') ?? '').split(',').map((pair) => pair.split('=') as [string, string]),
  );
  const servers = new Map<string, Server>();
  let isUnderWay = false;
  let successor: ChildProcess | undefined;

  return {
    get isUnderWay() {
      return isUnderWay;
    },
    inherited: (name) => (left.has(name) ? Number(left.get(name)) : undefined),
    opened: (name, server) => void servers.set(name, server),
    async begin() {
      isUnderWay = true;
      try {
        successor = startSuccessor(servers, env, command);
        await prepared(successor);
        successor.unref();
        log.info({ successor: successor.pid }, 'the successor is prepared');
      } catch (error) {
        isUnderWay = false;
        throw error;
      }
    },
    disconnect: () => successor?.connected && successor.disconnect(),
    async awaitTurn(prepare) {
      if (!before) return;
      await prepare();
      process.send?.('prepared');
      const until = Date.now() + turnTimeoutMs;
      while (isAlive(before)) {
        if (Date.now() > until) throw new Error(`Process ${before} did not make way. Stop it, then run: steading up`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      if (process.connected) process.disconnect();
    },
  };
}

function startSuccessor(
  servers: ReadonlyMap<string, Server>,
  env: NodeJS.ProcessEnv,
  command: readonly string[],
): ChildProcess {
  const sockets = [...servers].map(([name, server]) => [name, descriptor(name, server)] as const);
  return spawn(process.execPath, command, {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...sockets.map(([, fd]) => fd)],
    env: {
      ...env,
      STEADING_SUCCEEDS: `${process.pid}:${processStartTime(process.pid)}`,
      STEADING_SOCKETS: sockets.map(([name], at) => `${name}=${firstFd + at}`).join(','),
    },
  });
}

/** Node names it nowhere else. */
function descriptor(name: string, server: Server): number {
  const fd = (server as unknown as Handle)._handle?.fd;
  if (typeof fd === 'number' && fd >= 0) return fd;
  throw new Error(`The socket ${name} cannot be handed over. Use steading down and steading up.`);
}

function prepared(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`The successor could not be prepared: ${why}. This house goes on.`));
    };
    const timer = setTimeout(() => fail(`it was not ready within ${prepareTimeoutMs / 1000} s`), prepareTimeoutMs);
    child.once('message', () => {
      clearTimeout(timer);
      child.removeAllListeners('exit');
      resolve();
    });
    child.once('exit', (code, signal) => fail(`it ended with ${code ?? signal}`));
    child.once('error', (error) => fail(error.message));
  });
}

/** `pid:start time`, as the predecessor said it. */
function isAlive(mark: string): boolean {
  const [pid = '', startTime] = mark.split(':');
  return processStartTime(Number(pid)) === startTime;
}

/** Read once, and not seen by anybody that this process starts. */
function take(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name];
  delete env[name];
  return value;
}
