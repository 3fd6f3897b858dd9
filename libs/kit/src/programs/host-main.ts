/** The program host: starts programs for the house, tells how they end, and ends with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants, getPriority, setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import type { FromHost, OutputName, ToHost } from '#src/programs/messages.ts';
import type { ProgramEnd, ProgramOrder, ProgramStart } from '#src/programs/programs.ts';

/** What apps and people wait for comes before what is done in the background. */
const niceness = constants.priority.PRIORITY_BELOW_NORMAL;
/** Of each output that the house has not used yet; then the program waits at its pipe. */
const window = 256 * 1024;

/** What does not outlive the house. */
const kills = new Map<number, () => void>();
const outputs = new Map<string, (bytes: number) => void>();

process.on('message', (message: ToHost) => {
  if ('kill' in message) return kills.get(message.id)?.();
  if ('used' in message) return outputs.get(`${message.id} ${message.used}`)?.(message.bytes);
  const { id } = message;
  Promise.resolve()
    .then((): unknown =>
      'run' in message
        ? runToEnd(id, message.run)
        : 'start' in message
          ? start(id, message.start)
          : processesMarked(message.marked),
    )
    .then(
      (done) => tell({ id, done }),
      ({ message: text, code }: NodeJS.ErrnoException) =>
        tell({ id, failed: { message: text, ...(code && { code }) } }),
    );
});
// The house's own precedence is not for what it starts; that it gives way to others is. To start many programs is work in
// the background as well, where the host may raise them again: they begin as low as it is.
const usual = Math.max(0, getPriority());
const mayRaise = renice(process.pid, getPriority() - 1);
renice(process.pid, mayRaise ? Math.max(usual, niceness) : usual);
process.on('disconnect', () => {
  for (const kill of kills.values()) kill();
  process.exit();
});
// A terminal tells everybody in it; the house says when it is over.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

function tell(message: FromHost): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {});
}

async function runToEnd(id: number, { argv, env, cwd, mostBytes = 2 ** 20, timeoutMs }: Omit<ProgramOrder, 'signal'>) {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, {
    env,
    ...(cwd !== undefined && { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group, so that what it starts ends with it.
    detached: true,
  });
  const kill = () => killGroup(child);
  kills.set(id, kill);
  lower(child.pid);
  const late = timeoutMs === undefined ? undefined : setTimeout(kill, timeoutMs);
  try {
    const [stdout, stderr, end] = await Promise.all([
      collect(child.stdout, mostBytes),
      collect(child.stderr, mostBytes),
      new Promise<Pick<ProgramEnd, 'code' | 'signal'>>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code, signal) => resolve({ code: code ?? 128, ...(signal && { signal }) }));
      }),
    ]);
    return { ...end, stdout, stderr };
  } finally {
    clearTimeout(late);
    kills.delete(id);
  }
}

/** Gives the program's pid once it runs. */
async function start(id: number, order: ProgramStart): Promise<number> {
  const [program = '', ...rest] = order.argv;
  const opened: number[] = [];
  const append = (file: string): number => {
    const descriptor = openSync(file, 'a', 0o600);
    opened.push(descriptor);
    return descriptor;
  };
  let child: ChildProcess;
  try {
    const [stdout, stderr] = [order.stdout, order.stderr].map((to) => (to === 'pipe' ? to : append(to)));
    child = spawn(program, rest, {
      cwd: order.cwd,
      env: order.env,
      stdio: ['ignore', stdout, stderr, append(order.status), 'pipe'],
      detached: true,
    });
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
  if (mayRaise) renice(child.pid, usual);
  const given = child.stdio[4] as Socket;
  given.on('error', () => {});
  given.resume();
  given.end(order.given);
  if (child.stdout) relay(id, 'stdout', child.stdout);
  if (child.stderr) relay(id, 'stderr', child.stderr);
  if (order.endsWithHouse) kills.set(id, () => killGroup(child));
  child.once('exit', (code, signal) => {
    kills.delete(id);
    tell({ id, exit: { code, signal } });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return child.pid!;
}

/** Hands output on no faster than the house uses it. */
function relay(id: number, name: OutputName, stream: Readable): void {
  const key = `${id} ${name}`;
  let waiting = 0;
  outputs.set(key, (bytes) => {
    waiting -= bytes;
    if (waiting < window) stream.resume();
  });
  stream.on('data', (chunk: Buffer) => {
    waiting += chunk.length;
    tell({ id, output: name, chunk });
    if (waiting >= window) stream.pause();
  });
  // A pipe that breaks ends as one that is closed does.
  stream.on('error', () => {});
  stream.once('close', () => {
    outputs.delete(key);
    tell({ id, output: name, chunk: null });
  });
}

function processesMarked(mark: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && `\0${environmentOf(name)}`.includes(mark))
    .map(Number);
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid) process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/**
 * Linux weighs sessions against each other first, and each program is a session of its own here: without the second
 * setting every one of them would count as much as the whole house (sched(7), "The autogroup feature").
 */
function lower(pid: number | undefined): void {
  renice(pid, Math.max(usual, niceness));
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
  } catch {
    // Elsewhere there is no such group.
  }
}

/** False where that is not allowed, or the program is over already and needs no priority. */
function renice(pid: number | undefined, priority: number): boolean {
  try {
    if (!pid) return false;
    setPriority(pid, priority);
    return true;
  } catch {
    return false;
  }
}

async function collect(stream: NodeJS.ReadableStream, most: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    if (bytes < most) parts.push(part.subarray(0, most - bytes));
    bytes += part.length;
  }
  return Buffer.concat(parts).toString('utf8');
}
