import { constants } from 'node:os';
import { Worker } from 'node:worker_threads';

/**
 * Runs a program of the system to its end and gives what it printed. Starting one copies the house's page tables and waits
 * until the copy was given a processor, 5 ms at rest and 180 ms under load: so a thread of its own does it, and requests
 * wait for none of it. For programs that are short; one that lives on is started where its pipes are wanted.
 */
export interface ProgramOrder {
  readonly argv: readonly string[];
  /** The whole environment: nothing of the house's own is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Of each of stdout and stderr; the rest is read and thrown away. Default 1 MiB. */
  readonly mostBytes?: number;
  /** Then it is killed, with all that it started. Default: none. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ProgramEnd {
  /** 128 where a signal ended it. */
  readonly code: number;
  readonly signal?: NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the thread is told. `kill` takes the place of a signal, which cannot be sent to a thread. */
export type ToProgramThread =
  | { readonly id: number; readonly run: Omit<ProgramOrder, 'signal'> & { readonly niceness: number } }
  | { readonly id: number; readonly kill: true };
export type FromProgramThread =
  | { readonly id: number; readonly end: ProgramEnd }
  | { readonly id: number; readonly failed: Error };

interface Waiting {
  readonly resolve: (end: ProgramEnd) => void;
  readonly reject: (error: Error) => void;
}

/** What apps and people wait for comes before what is done in the background. */
const niceness = constants.priority.PRIORITY_BELOW_NORMAL;

const waiting = new Map<number, Waiting>();
let thread: Worker | undefined;
let lastId = 0;

/** Rejects when the program cannot be started, or with the signal's reason; then nothing of it runs any more. */
export async function runProgram({ signal, ...run }: ProgramOrder): Promise<ProgramEnd> {
  signal?.throwIfAborted();
  const id = ++lastId;
  const { promise, resolve, reject } = Promise.withResolvers<ProgramEnd>();
  waiting.set(id, { resolve, reject });
  thread ??= begin();
  thread.ref();
  const kill = () => tell({ id, kill: true });
  signal?.addEventListener('abort', kill, { once: true });
  tell({ id, run: { ...run, niceness } });
  try {
    const end = await promise;
    signal?.throwIfAborted();
    return end;
  } finally {
    signal?.removeEventListener('abort', kill);
    waiting.delete(id);
    if (waiting.size === 0) thread?.unref();
  }
}

function tell(message: ToProgramThread): void {
  thread?.postMessage(message);
}

function begin(): Worker {
  // Flags of the house that size its heap or profile it have nothing to say here.
  const made = new Worker(new URL('./program-thread.ts', import.meta.url), {
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 },
  });
  made.on('message', (message: FromProgramThread) => {
    const order = waiting.get(message.id);
    if ('end' in message) order?.resolve(message.end);
    else order?.reject(message.failed);
  });
  made.once('error', (error) => giveUp(made, error));
  made.once('exit', () => giveUp(made, new Error('the thread that runs programs ended')));
  return made;
}

function giveUp(made: Worker, error: Error): void {
  if (thread !== made) return;
  thread = undefined;
  for (const { reject } of waiting.values()) reject(error);
}
