import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Clock, Log } from '@steading/kit';
import type { Cgroup } from '#src/runtime/process/cgroups.ts';
import {
  childrenOf,
  commandName,
  isAlive,
  type ProcessName,
  processesMarked,
  processNamed,
  signalProcess,
  treeOf,
} from '#src/runtime/process/proc.ts';
import { environmentText } from '#src/runtime/process/sandbox.ts';

/**
 * One tree of processes: started here, or found again after the house died. The outermost process is in a session of
 * its own and writes into files of its own, so that it goes on without the house. What belongs to the tree is known three
 * ways, because each has a hole: the namespace's first process, the control group, and the mark in the environment.
 */
export interface Running {
  readonly name: ProcessName;
  /** Resolves when the outermost process is gone and nothing of the tree is left. */
  readonly exited: Promise<Exit>;
  /** SIGTERM to the program itself: neither bubblewrap nor a shell in front of it hands it on. False: none yet. */
  terminate(): boolean;
  /** SIGKILL to everything. Resolves when nothing is left, or rejects after 5 s. */
  kill(): Promise<void>;
  pids(): number[];
}

export interface Exit {
  readonly code?: number;
  readonly signal?: string;
}

export interface RunningOptions {
  /** `STEADING_INSTANCE`'s value: names the house and the instance. */
  readonly mark: string;
  readonly cgroup?: Cgroup;
  /** Where bubblewrap writes its status; absent without it. */
  readonly statusFile?: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Launch extends RunningOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Descriptors, or `pipe` for a build whose output is read at once. */
  readonly stdout: number | 'pipe';
  readonly stderr: number | 'pipe';
}

export function launch(options: Launch): { running: Running; child: ChildProcess } {
  if (options.statusFile) rmSync(options.statusFile, { force: true });
  // Never absent: bubblewrap without a descriptor for its status leaves a child behind that waits for ever.
  const status = openSync(options.statusFile ?? '/dev/null', 'a', 0o600);
  const child = spawn(options.argv[0]!, options.argv.slice(1), {
    cwd: options.cwd,
    // Only this reaches the programs in front, which still have the house's rights.
    env: { PATH: options.path, STEADING_INSTANCE: options.mark },
    stdio: ['ignore', options.stdout, options.stderr, status, 'pipe'],
    detached: true,
  });
  closeSync(status);
  const environment = child.stdio[4] as Socket;
  environment.on('error', () => {});
  environment.resume().unref();
  environment.end(environmentText({ ...options.environment, STEADING_INSTANCE: options.mark }));
  child.unref();
  const ended = new Promise<Exit>((resolve) => {
    child.once('error', (error) => resolve({ code: 127, signal: error.message }));
    child.once('exit', (code, signal) => resolve({ ...(code !== null && { code }), ...(signal && { signal }) }));
  });
  const name = processNamed(child.pid ?? 0) ?? { pid: child.pid ?? 0, startTicks: -1 };
  return { running: track(name, ended, options), child };
}

/** Takes over a tree that an earlier house started. Undefined when it is gone. */
export function adopt(name: ProcessName, options: RunningOptions): Running | undefined {
  if (!isAlive(name)) return undefined;
  const ended = (async (): Promise<Exit> => {
    while (isAlive(name)) await options.clock.sleep(500);
    return statusOf(options.statusFile).exit ?? {};
  })();
  return track(name, ended, options);
}

function track(name: ProcessName, ended: Promise<Exit>, options: RunningOptions): Running {
  const pids = () => {
    const grouped = options.cgroup?.pids() ?? [];
    return [...new Set([...grouped, ...(isAlive(name) ? treeOf(name.pid) : [])])];
  };
  const killAll = () => killTree({ ...options, name, pids });
  const exited = ended.then(async (exit) => {
    // A child that moved away from its parent must not stay behind.
    await killAll().catch((error) => options.log.error({ err: error }, 'processes of an instance are left'));
    return statusOf(options.statusFile).exit ?? exit;
  });
  return {
    name,
    exited,
    pids,
    terminate() {
      const target = programOf(name.pid, options.statusFile);
      const named = target === undefined ? undefined : processNamed(target);
      return named !== undefined && signalProcess(named, 'SIGTERM');
    },
    kill: killAll,
  };
}

/** Kills what bears a mark or sits in a group although its outermost process is not known. */
export function killMarked(options: RunningOptions): Promise<void> {
  return killTree({ ...options, name: { pid: 0, startTicks: -1 }, pids: () => options.cgroup?.pids() ?? [] });
}

async function killTree(options: RunningOptions & { name: ProcessName; pids: () => number[] }): Promise<void> {
  const deadline = options.clock.now() + 5_000;
  for (;;) {
    const first = statusOf(options.statusFile).first;
    const inside = first && isAlive(options.name) && childrenOf(options.name.pid).includes(first) ? [first] : [];
    const marked = await processesMarked((text) => text.includes(`\0STEADING_INSTANCE=${options.mark}\0`));
    const left = [...new Set([...inside, ...options.pids(), ...marked])];
    for (const pid of left) tryKill(pid);
    if (left.length === 0 || left.every((pid) => !processNamed(pid))) break;
    if (options.clock.now() > deadline) throw new Error(`processes do not end: ${left.join(', ')}`);
    await options.clock.sleep(20);
  }
}

/** A group of processes may end with several that all are the program: then the one nearest to the start is told. */
function programOf(outer: number, statusFile: string | undefined): number | undefined {
  let pid: number | undefined = outer;
  if (statusFile) {
    const first = statusOf(statusFile).first;
    pid = first ? childrenOf(first)[0] : undefined;
  }
  for (let depth = 0; pid && depth < 5; depth++) {
    const children = childrenOf(pid);
    if (children.length !== 1 || !/^(sh|dash|bash|npm|npx|pnpm|yarn)\b/.test(commandName(pid))) break;
    pid = children[0];
  }
  return pid;
}

/** bubblewrap's own account: the first process of the namespace, and how the program ended. It outlives the house. */
function statusOf(file: string | undefined): { first?: number; exit?: Exit } {
  if (!file) return {};
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  const first = /"child-pid": (\d+)/.exec(text)?.[1];
  const code = /"exit-code": (\d+)/.exec(text)?.[1];
  return { ...(first && { first: Number(first) }), ...(code && { exit: exitOf(Number(code)) }) };
}

const signalNames: Readonly<Record<number, string>> = { 6: 'SIGABRT', 9: 'SIGKILL', 11: 'SIGSEGV', 15: 'SIGTERM' };

function exitOf(code: number): Exit {
  const signal = code > 128 ? signalNames[code - 128] : undefined;
  return { code, ...(signal && { signal }) };
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    /* gone meanwhile */
  }
}
