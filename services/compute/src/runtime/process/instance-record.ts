import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
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

export function writeRecord(machine: Machine, record: InstanceRecord): void {
  const folder = instanceFolder(machine, record.appId, record.id);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  writeWhole(join(folder, 'state.json'), JSON.stringify(record));
}

export function readRecord(folder: string): InstanceRecord | undefined {
  const file = join(folder, 'state.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as InstanceRecord) : undefined;
}

export function forgetInstance(machine: Machine, appId: string, id: string): void {
  rmSync(instanceFolder(machine, appId, id), { recursive: true, force: true });
}
