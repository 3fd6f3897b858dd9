import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, realpathSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { houseCommand } from '@steading/house/command';
import { exitHandedOver, findRunning, ownFolder, processStartTime, type RunningHouse } from '@steading/house/running';
import { Failure } from '#src/failure.ts';

export const workspaceRoot = process.env.STEADING_ROOT ?? new URL('../../../../', import.meta.url).pathname;

const mainFile = '/apps/house/src/main.ts';
const startTimeoutMs = 60_000;
/** A house that stops has 30 s to finish what it has, and PostgreSQL 10 s. */
const stopTimeoutMs = 45_000;
const logKeptBytes = 20_000_000;

export function logFile(dataDir: string): string {
  return join(dataDir, 'logs', 'house.log');
}

/** Starts the house apart from this terminal, and resolves when `/readyz` says that it is ready. */
export async function startDetached(options: {
  dataDir: string;
  url: string;
  env: Record<string, string>;
  tell: (text: string) => void;
}): Promise<void> {
  const { dataDir, url, env, tell } = options;
  const file = logFile(dataDir);
  mkdirSync(join(dataDir, 'logs'), { recursive: true, mode: 0o700 });
  rotate(file);
  const from = size(file);
  const log = openSync(file, 'a', 0o600);
  const child = spawn(process.execPath, houseCommand(), {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  });
  closeSync(log);
  let ended: number | string | undefined;
  child.once('exit', (code, signal) => (ended = code ?? signal ?? 'unknown'));
  child.once('error', (error) => (ended = error.message));

  let deadline = Date.now() + startTimeoutMs;
  let lookAt = Date.now() + 1_000;
  tell('starting the house');
  while (ended === undefined && Date.now() < deadline) {
    if (Date.now() > lookAt) {
      lookAt += 1_000;
      if (isSaving(file, from)) deadline = Date.now() + startTimeoutMs;
    }
    if (await isReady(url)) {
      child.unref();
      return;
    }
    await pause(50);
  }
  if (ended !== undefined) throw new Failure(`The house stopped while it started: ${lastSentence(file, from)}`);
  process.kill(child.pid ?? 0, 'SIGTERM');
  throw new Failure(
    `The house was not ready after ${startTimeoutMs / 1000} s. What it says about itself is in ${file}.`,
  );
}

/** Runs the house in this terminal until it ends, its successors included; answers with its exit code. */
export async function runAttached(env: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, houseCommand(), { stdio: 'inherit', env: { ...process.env, ...env } });
  const folder = ownFolder(env.STEADING_DATA ?? '', env.STEADING_SERVICES);
  let pid = child.pid;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR2'] as const)
    process.on(signal, () => pid !== undefined && tellProcess(pid, signal));
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exit) => resolve(exit ?? 1));
  });
  if (code !== exitHandedOver) return code;
  // A successor is nobody's child here: it is followed by what the folder says, as long as there is one.
  const next = await waitForSuccessor(folder, undefined);
  for (pid = next?.pid; pid !== undefined; pid = (await waitForSuccessor(folder, pid))?.pid)
    while (findRunning(folder)?.pid === pid) await pause(250);
  return next ? 0 : 1;
}

/** The checkout whose code a process of a house runs, or undefined where the kernel does not say. */
export function checkoutOf(pid: number): string | undefined {
  try {
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const main = argv.find((each) => each.endsWith(mainFile));
    return main && realpathSync(main.slice(0, -mainFile.length));
  } catch {
    return undefined;
  }
}

/** Asks a running house to make way for a successor, and waits until that one is ready. */
export async function restartHouse(folder: string, running: RunningHouse, dataDir: string): Promise<void> {
  const file = logFile(dataDir);
  const from = size(file);
  process.kill(running.pid, 'SIGUSR2');
  const deadline = Date.now() + stopTimeoutMs + startTimeoutMs;
  while (Date.now() < deadline) {
    const now = findRunning(folder);
    if (now && now.pid !== running.pid && (await isReady(now.localUrl))) return;
    const refusal = now?.pid === running.pid && size(file) > from ? findRefusal(file, from) : undefined;
    if (refusal) throw new Failure(`${refusal}\n${lastSentence(file, from)}`);
    await pause(100);
  }
  throw new Failure(`The house did not come back in time. What it says about itself is in ${file}.`);
}

/** What the house logged when it could not prepare a successor. */
function findRefusal(file: string, from: number): string | undefined {
  return /"The successor could not be prepared: [^"]*"/
    .exec(readFileSync(file).subarray(from).toString('utf8'))?.[0]
    .slice(1, -1);
}

async function waitForSuccessor(folder: string, before: number | undefined): Promise<RunningHouse | undefined> {
  const deadline = Date.now() + (before === undefined ? stopTimeoutMs + startTimeoutMs : 5_000);
  while (Date.now() < deadline) {
    const found = findRunning(folder);
    if (found && found.pid !== before) return found;
    await pause(100);
  }
  return undefined;
}

function tellProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks a running house to stop and waits until it has. */
export async function stopHouse(dataDir: string, running: RunningHouse): Promise<void> {
  try {
    process.kill(running.pid, 'SIGTERM');
  } catch (error) {
    // Somebody else stopped it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  const deadline = Date.now() + stopTimeoutMs;
  while (processStartTime(running.pid) === running.startTime) {
    if (Date.now() > deadline)
      throw new Failure(
        `The house (process ${running.pid}) did not stop within ${stopTimeoutMs / 1000} s. See ${logFile(dataDir)}.`,
      );
    await pause(100);
  }
}

export async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

/** Before an upgrade the house saves its database, which takes as long as it takes. */
function isSaving(file: string, from: number): boolean {
  const said = readFileSync(file).subarray(from).toString('utf8');
  return said.includes('saving the database before it is changed') && !said.includes('a back-up was made');
}

function rotate(file: string): void {
  if (size(file) > logKeptBytes) renameSync(file, `${file}.1`);
}

function size(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}

/** What the house said last in plain words (not JSON), else its last log line's message. */
function lastSentence(file: string, from: number): string {
  const lines = readFileSync(file).subarray(from).toString('utf8').trim().split('\n');
  const plain = lines.filter((line) => line !== '' && !line.startsWith('{'));
  if (plain.length > 0) return plain.slice(-5).join('\n');
  return `see ${file}`;
}
