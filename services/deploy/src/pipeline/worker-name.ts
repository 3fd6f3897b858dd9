/**
 * The name under which a worker holds leases: random, and which process of which machine it is. A worker of this very
 * machine that is dead is known to be dead at once; one of another machine only by a lease that runs out.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { newId } from '@steading/kit';

/** A new worker of this process. Without `/proc` (not Linux) the name says nothing of the process. */
export function nameWorker(): string {
  const machine = thisMachine();
  const started = startTicks(process.pid);
  return machine && started ? `${newId('wrk')}@${machine}:${process.pid}:${started}` : newId('wrk');
}

/** True only where it is certain: the same boot, the same pids, and that process has ended. */
export function isDeadWorker(name: string): boolean {
  const [boot, namespace, pid, started] = name.slice(name.indexOf('@') + 1).split(':');
  if (!name.includes('@') || `${boot}:${namespace}` !== thisMachine()) return false;
  return startTicks(Number(pid)) !== started;
}

/** One boot of one machine, and the pids that are seen: in a container they are others than beside it. */
function thisMachine(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}:${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''}`;
  } catch {
    return undefined;
  }
}

/** When a process began, in clock ticks since boot (field 22 of `/proc/<pid>/stat`); undefined: it has ended. */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
