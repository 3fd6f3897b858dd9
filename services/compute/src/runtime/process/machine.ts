import type { Clock, Log } from '@steading/kit';
import type { Cgroups } from '#src/runtime/process/cgroups.ts';
import type { Folders } from '#src/runtime/process/folders.ts';
import type { IsolationFinding } from '#src/runtime/process/isolation.ts';
import type { Ports } from '#src/runtime/process/ports.ts';
import type { Limits } from '#src/runtime/runtime.ts';

export interface Machine {
  /** Where instances listen and gateways reach them: 127.0.0.1, or this machine's name or address. */
  readonly host: string;
  readonly folders: Folders;
  readonly finding: IsolationFinding;
  readonly cgroups: Cgroups | undefined;
  readonly ports: Ports;
  readonly clock: Clock;
  readonly log: Log;
  readonly defaults: Limits;
}

export function markOf(machine: Machine, id: string): string {
  return `${machine.folders.tag}.${id}`;
}

export function limitsOf(machine: Machine, wanted: Limits): Limits {
  const { defaults } = machine;
  return {
    cpuMillis: wanted.cpuMillis || defaults.cpuMillis,
    memoryBytes: wanted.memoryBytes || defaults.memoryBytes,
    processes: wanted.processes || defaults.processes,
    diskBytes: wanted.diskBytes || defaults.diskBytes,
  };
}
