import { readdirSync, readFileSync } from 'node:fs';

/**
 * What the kernel says of processes (`/proc`, Linux). A pid alone names nothing, because pids are used again: everything
 * here goes by pid *and* start time.
 */
export interface ProcessName {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of `/proc/<pid>/stat`; 0 where there is no `/proc`. */
  readonly startTicks: number;
}

/** The process of this pid, or undefined when there is none or only a zombie. */
export function processNamed(pid: number): ProcessName | undefined {
  if (process.platform !== 'linux') return signalable(pid) ? { pid, startTicks: 0 } : undefined;
  const fields = statFields(pid);
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return { pid, startTicks: Number(fields[19]) };
}

export function isAlive(name: ProcessName): boolean {
  const now = processNamed(name.pid);
  return now !== undefined && now.startTicks === name.startTicks;
}

/** Sends a signal to exactly this process; false when it is gone. */
export function signalProcess(name: ProcessName, signal: NodeJS.Signals): boolean {
  if (!isAlive(name)) return false;
  try {
    return process.kill(name.pid, signal);
  } catch {
    return false;
  }
}

export function childrenOf(pid: number): number[] {
  try {
    const found: number[] = [];
    for (const task of readdirSync(`/proc/${pid}/task`))
      for (const child of readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' '))
        if (child) found.push(Number(child));
    return found;
  } catch {
    return [];
  }
}

/** A process and everything under it. */
export function treeOf(pid: number): number[] {
  const all = [pid];
  for (let index = 0; index < all.length && all.length < 10_000; index++) all.push(...childrenOf(all[index]!));
  return all;
}

export function commandName(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Resident memory and CPU time used so far by these processes. */
export function usageOf(pids: readonly number[]): { memoryBytes: number; cpuMs: number } {
  let memoryBytes = 0;
  let ticks = 0;
  for (const pid of pids) {
    const fields = statFields(pid);
    if (!fields) continue;
    memoryBytes += Number(fields[21]) * 4096;
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return { memoryBytes, cpuMs: ticks * 10 };
}

/** The fields after the command's name, which may itself hold spaces and brackets. */
function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function signalable(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
