import type { lineQueue } from '#src/runtime/process/build-lines.ts';
import {
  diskFull,
  freeBytes,
  leastFreeBytes,
  outOfMemory,
  tooLarge,
  tooManyProcesses,
} from '#src/runtime/process/build-stops.ts';
import type { BuildTurns } from '#src/runtime/process/build-turns.ts';
import type { Cgroup } from '#src/runtime/process/cgroups.ts';
import type { Machine } from '#src/runtime/process/machine.ts';
import { usageOf } from '#src/runtime/process/proc.ts';
import type { Running } from '#src/runtime/process/running.ts';
import { folderBytes } from '#src/runtime/process/tools.ts';
import type { BuildOrder, Limits } from '#src/runtime/runtime.ts';

export interface BuilderSettings {
  readonly limits: Limits;
  /** Extra certificates for builds, and the registry of packages; empty: Node's own. */
  readonly caFile: string;
  readonly npmRegistry: string;
  /** Absent where there are no control groups. */
  readonly turns?: BuildTurns | undefined;
}

export interface BuildWork {
  readonly machine: Machine;
  readonly settings: BuilderSettings;
  readonly order: BuildOrder;
  readonly folder: string;
  readonly lines: ReturnType<typeof lineQueue>;
  readonly stop: AbortController;
  readonly limits: Limits;
}

/**
 * Looks after what the kernel does not: disk always, memory where there is no control group. A build that has met a limit
 * of the kernel's is ended at once: left alone it could go on to meet it, for as long as it may take, at the cost of all.
 */
export function watchLimits(work: BuildWork, running: Running, cgroup: Cgroup | undefined): { stop(): void } {
  const { folder, limits, stop } = work;
  const isOutOfMemory = () =>
    cgroup ? cgroup.outOfMemoryKills() > 0 : usageOf(running.pids()).memoryBytes > limits.memoryBytes;
  const watching = setInterval(() => {
    if (isOutOfMemory()) stop.abort(outOfMemory(limits));
    if ((cgroup?.refusedProcesses() ?? 0) > 0) stop.abort(tooManyProcesses(limits));
    if (freeBytes(folder) < leastFreeBytes) stop.abort(diskFull());
  }, 250).unref();
  let measuring = false;
  const disk = setInterval(async () => {
    if (measuring) return;
    measuring = true;
    const bytes = await folderBytes(folder).catch(() => 0);
    if (bytes > limits.diskBytes) stop.abort(tooLarge(limits));
    measuring = false;
  }, 3_000).unref();
  return {
    stop() {
      clearInterval(watching);
      clearInterval(disk);
    },
  };
}
