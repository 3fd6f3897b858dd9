/** The thread of `programs.ts`. */
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { FromProgramThread, ProgramEnd, ToProgramThread } from '#src/programs.ts';

const running = new Map<number, { kill(): void }>();

parentPort?.on('message', (message: ToProgramThread) => {
  if ('kill' in message) return running.get(message.id)?.kill();
  const { id, run } = message;
  runToEnd(id, run)
    .then((end) => answer({ id, end }))
    .catch((error: Error) => answer({ id, failed: error }))
    .finally(() => running.delete(id));
});

function answer(message: FromProgramThread): void {
  parentPort?.postMessage(message);
}

type Run = Extract<ToProgramThread, { run: unknown }>['run'];

async function runToEnd(id: number, { argv, env, cwd, mostBytes = 2 ** 20, timeoutMs, niceness }: Run) {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, {
    env,
    ...(cwd !== undefined && { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group, so that what it starts ends with it.
    detached: true,
  });
  const kill = () => {
    try {
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  };
  running.set(id, { kill });
  lower(child.pid, niceness);
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
  }
}

/** A program that is over so quickly needs no priority. */
function lower(pid: number | undefined, niceness: number): void {
  try {
    if (pid) setPriority(pid, niceness);
  } catch {
    // Gone already.
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
