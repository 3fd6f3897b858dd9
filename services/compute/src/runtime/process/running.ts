import { readFileSync, rmSync } from 'node:fs';
import { type Clock, type Log, processesMarked, type StartedProgram, startProgram } from '@steading/kit';
import type { Cgroup } from '#src/runtime/process/cgroups.ts';
import {
  childrenOf,
  commandName,
  isAlive,
  type ProcessName,
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
  /** Files to append to, or `pipe` for a build whose output is read at once. */
  readonly stdout: string;
  readonly stderr: string;
  /** It ends with the house, as a build does. */
  readonly endsWithHouse: boolean;
}

export type Output = Pick<StartedProgram, 'stdout' | 'stderr'>;

/** Resolves when it runs. One that cannot be started is one that has ended, with what was wrong as its signal. */
export async function launch(options: Launch): Promise<{ running: Running; output: Output }> {
  if (options.statusFile) rmSync(options.statusFile, { force: true });
  const { argv, cwd, path, environment, mark, stdout, stderr, endsWithHouse } = options;
  const asked = startProgram({
    ...{ argv, cwd, stdout, stderr, endsWithHouse },
    // Only this reaches the programs in front, which still have the house's rights.
    env: { PATH: path, [markName]: mark },
    // Never absent: bubblewrap without a descriptor for its status leaves a child behind that waits for ever.
    status: options.statusFile ?? '/dev/null',
    given: environmentText({ ...environment, [markName]: mark }),
  });
  try {
    const program = await asked;
    const name = processNamed(program.pid) ?? { pid: program.pid, startTicks: -1 };
    const ended = program.exited.then((exit) => exit ?? whenGone(name, options));
    return { running: track(name, ended, options), output: program };
  } catch (error) {
    const ended = Promise.resolve({ code: 127, signal: error instanceof Error ? error.message : String(error) });
    return { running: track({ pid: 0, startTicks: -1 }, ended, options), output: noOutput };
  }
}

const markName = 'STEADING_INSTANCE';

async function* nothing(): AsyncGenerator<Buffer> {}
const noOutput: Output = { stdout: nothing(), stderr: nothing() };

/** Takes over a tree that an earlier house started. Undefined when it is gone. */
export function adopt(name: ProcessName, options: RunningOptions): Running | undefined {
  if (!isAlive(name)) return undefined;
  return track(name, whenGone(name, options), options);
}

/** For a process whose parent is not ours. */
async function whenGone(name: ProcessName, { clock, statusFile }: RunningOptions): Promise<Exit> {
  while (isAlive(name)) await clock.sleep(500);
  return statusOf(statusFile).exit ?? {};
}

function track(name: ProcessName, ended: Promise<Exit>, options: RunningOptions): Running {
  const pids = () => {
    // A group names all of them at once; to ask each for its children stops the house where something forks without end.
    const grouped = options.cgroup?.pids() ?? [];
    const own = !isAlive(name) ? [] : grouped.length > 0 ? [name.pid] : treeOf(name.pid);
    return [...new Set([...grouped, ...own])];
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
    const marked = await processesMarked(`\0${markName}=${options.mark}\0`);
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
