import { mkdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '#src/runtime/process/folders.ts';
import type { Machine } from '#src/runtime/process/machine.ts';
import type { ProcessName } from '#src/runtime/process/proc.ts';
import type { InstanceState } from '#src/runtime/runtime.ts';

/** What is written down of an instance, so that the next house knows it. Holds no variable and no secret. */
export interface InstanceRecord {
  readonly id: string;
  readonly appId: string;
  readonly generation: string;
  readonly state: InstanceState;
  readonly port: number;
  readonly startedMs: number;
  readonly restarts: number;
  readonly stopsMs: number;
  readonly stopGraceMs: number;
  readonly process?: ProcessName;
}

export function instanceFolder(machine: Machine, appId: string, id: string): string {
  return join(machine.folders.app(appId).instances, id);
}

/** Not flushed: what it tells of ends with the machine. */
export function writeRecord(machine: Machine, record: InstanceRecord): void {
  const folder = instanceFolder(machine, record.appId, record.id);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  writeWhole(join(folder, 'state.json'), JSON.stringify(record), { flush: false });
}

/** Undefined where there is none, or where the machine died before it was on the disk. */
export function readRecord(folder: string): InstanceRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as InstanceRecord;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function forgetInstance(machine: Machine, appId: string, id: string): Promise<void> {
  await rm(instanceFolder(machine, appId, id), { recursive: true, force: true });
}
