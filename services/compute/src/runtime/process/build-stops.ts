import { statfsSync } from 'node:fs';
import type { Exit } from '#src/runtime/process/running.ts';
import type { BuildEvent, BuildFailure, Limits } from '#src/runtime/runtime.ts';

/** Below this a disk counts as full: what a build needs to end in order, and the house to go on. */
export const leastFreeBytes = 64 * 2 ** 20;

/** Why a build ends without a release: a code for the house, a sentence for the person. */

export class BuildStopped extends Error {
  readonly code: BuildFailure;
  constructor(code: BuildFailure, message: string) {
    super(message);
    this.code = code;
  }
}

export function stepFailed(name: string, exit: Exit, folder: string): BuildStopped {
  if (freeBytes(folder) < leastFreeBytes) return diskFull();
  return new BuildStopped('step-failed', `The step "${name}" ended with ${exit.signal ?? `code ${exit.code}`}.`);
}

export function diskFull(): BuildStopped {
  return new BuildStopped('disk-full', 'The disk of this machine is full. Make room, then deploy again.');
}

export function tookTooLong(timeoutMs: number): BuildStopped {
  const [count, unit] = timeoutMs < 120_000 ? [timeoutMs / 1_000, 'seconds'] : [timeoutMs / 60_000, 'minutes'];
  return new BuildStopped('timeout', `The build took longer than ${Math.round(count)} ${unit} and was stopped.`);
}

export function outOfMemory({ memoryBytes }: Limits): BuildStopped {
  const megabytes = Math.round(memoryBytes / 2 ** 20);
  return new BuildStopped('out-of-memory', `The build needed more memory than its limit of ${megabytes} MB.`);
}

export function tooManyProcesses({ processes }: Limits): BuildStopped {
  return new BuildStopped('too-many-processes', `The build ran more than its limit of ${processes} processes at once.`);
}

export function tooLarge({ diskBytes }: Limits): BuildStopped {
  return new BuildStopped('too-large', `The build wrote more than its limit of ${Math.round(diskBytes / 2 ** 20)} MB.`);
}

export function failureOf(error: unknown, folder: string): BuildEvent {
  if (error instanceof BuildStopped) return { kind: 'failed', code: error.code, reason: error.message };
  const full = (error as { code?: string }).code === 'ENOSPC' || freeBytes(folder) < leastFreeBytes;
  if (full) return { kind: 'failed', code: 'disk-full', reason: diskFull().message };
  const reason = 'The build could not be run on this machine; the operator finds the cause in the log of the house.';
  return { kind: 'failed', code: 'step-failed', reason };
}

export function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
