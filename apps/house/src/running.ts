import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `<data>/house.json` says about the process that holds the folder. */
export interface RunningHouse {
  readonly pid: number;
  /** The kernel's start time of that process (field 22 of /proc/<pid>/stat), so that a reused pid is not taken for it. */
  readonly startTime: string;
  readonly url: string;
  /** Where this machine reaches it without TLS or names. */
  readonly localUrl: string;
  readonly version: string;
  readonly startedAt: string;
}

/** What a process that made way for its successor exits with, so that whoever started it looks for that one. */
export const exitHandedOver = 75;

/** The folder that a process holds alone: the whole data folder, or its own place beside the other processes'. */
export function ownFolder(dataDir: string, services: string | undefined): string {
  if (!services) return dataDir;
  const folder = join(partsFolder(dataDir), services.replace(/[^a-z,-]/g, '').replaceAll(',', '+'));
  mkdirSync(folder, { recursive: true });
  return folder;
}

const partsFolder = (dataDir: string) => join(dataDir, 'run');

export interface RunningPart extends RunningHouse {
  /** What it holds alone. */
  readonly folder: string;
  /** Those it runs; undefined where it runs all. */
  readonly services?: readonly string[];
}

/** Every process of a house that runs on this data folder: the one that is all of it, or those that share the folder. */
export function findParts(dataDir: string): RunningPart[] {
  const whole = findRunning(dataDir);
  if (whole) return [{ ...whole, folder: dataDir }];
  let names: string[];
  try {
    names = readdirSync(partsFolder(dataDir)).sort();
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const folder = join(partsFolder(dataDir), name);
    const running = findRunning(folder);
    return running ? [{ ...running, folder, services: name.split('+') }] : [];
  });
}

/** The process that people reach, where it is on this machine. */
export function gatewayOf(parts: readonly RunningPart[]): RunningPart | undefined {
  return parts.find(({ services }) => !services || services.includes('gateway'));
}

/** The house that runs on this data folder, or undefined. A file left by a killed one does not count. */
export function findRunning(dataDir: string): RunningHouse | undefined {
  let found: RunningHouse;
  try {
    found = JSON.parse(readFileSync(join(dataDir, 'house.json'), 'utf8')) as RunningHouse;
  } catch {
    return undefined;
  }
  return processStartTime(found.pid) === found.startTime ? found : undefined;
}

/**
 * Takes the data folder for this process. Returns how to give it back.
 * @throws when another live house holds it.
 */
export function takeFolder(dataDir: string, told: { url: string; localUrl: string; version: string }): () => void {
  const file = join(dataDir, 'house.json');
  const mine: RunningHouse = {
    pid: process.pid,
    startTime: processStartTime(process.pid) ?? '',
    startedAt: new Date().toISOString(),
    ...told,
  };
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        linkSync(fresh, file);
        return () => giveBack(file, mine);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const other = findRunning(dataDir);
        if (other)
          throw new Error(
            `Steading already runs on ${dataDir} (process ${other.pid}, ${other.url}). Stop it with: steading down`,
          );
        rmSync(file, { force: true });
      }
    }
    throw new Error(`${file} could not be taken: something else writes it at the same time. Try again.`);
  } finally {
    unlinkSync(fresh);
  }
}

function giveBack(file: string, mine: RunningHouse): void {
  try {
    const held = JSON.parse(readFileSync(file, 'utf8')) as RunningHouse;
    if (held.pid === mine.pid && held.startTime === mine.startTime) rmSync(file, { force: true });
  } catch {
    // Gone already: nothing to give back.
  }
}

/** Field 22 of /proc/<pid>/stat, or undefined where there is no such process. Without /proc: whether it answers. */
export function processStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    if (process.platform === 'linux') return undefined;
  }
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch {
    return undefined;
  }
}
