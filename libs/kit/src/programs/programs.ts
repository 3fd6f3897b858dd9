/**
 * Programs of the system. None is started by the house itself: starting one copies the page tables of whoever starts it
 * and leaves every page to be copied at its next write, which costs a large process a hundred milliseconds under load
 * and ten thousand page faults, in whichever thread it is done. A small process beside the house, the program host,
 * starts them: it begins with the first and ends when none is left.
 */
import { startHost } from '#src/programs/host.ts';

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

/** A program that lives on: it is started, and looked after by whoever wanted it. */
export interface ProgramStart {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** A file to append to, or `pipe` to read it. */
  readonly stdout: string;
  readonly stderr: string;
  /** The file that descriptor 3 appends to. */
  readonly status: string;
  /** What descriptor 4 gives. */
  readonly given: string;
  /** It is killed when the house or the host is gone. Otherwise it goes on without them. */
  readonly endsWithHouse: boolean;
}

export interface StartedProgram {
  readonly pid: number;
  /** Of the program itself; what it started may live on. Undefined where the host was lost and nobody was told. */
  readonly exited: Promise<ProgramExit | undefined>;
  /** Empty where it goes to a file. A program whose output is not read waits at its pipe. */
  readonly stdout: AsyncIterable<Buffer>;
  readonly stderr: AsyncIterable<Buffer>;
}

export interface ProgramExit {
  readonly code?: number;
  readonly signal?: NodeJS.Signals;
}

const host = startHost();

/** Runs a program to its end. Rejects when it cannot be started, or with the signal's reason; then nothing of it runs any more. */
export async function runProgram({ signal, ...run }: ProgramOrder): Promise<ProgramEnd> {
  signal?.throwIfAborted();
  const order = host.order({ run });
  const kill = () => host.tell({ id: order.id, kill: true });
  signal?.addEventListener('abort', kill, { once: true });
  try {
    const end = (await order.done) as ProgramEnd;
    signal?.throwIfAborted();
    return end;
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

/** Starts a program and leaves it to run. Rejects when it cannot be started. */
export async function startProgram(start: ProgramStart): Promise<StartedProgram> {
  const order = host.order({ start });
  return { pid: (await order.done) as number, exited: order.exited, stdout: order.stdout, stderr: order.stderr };
}

/**
 * Ids of all processes whose environment holds this text, whoever their parent is: `\0NAME=value\0` for one whole entry.
 * None but on Linux.
 */
export async function processesMarked(mark: string): Promise<number[]> {
  return (await host.order({ marked: mark }).done) as number[];
}
