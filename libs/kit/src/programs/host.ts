import { type ChildProcess, fork } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FromHost, OutputName, ToHost } from '#src/programs/messages.ts';
import type { ProgramExit } from '#src/programs/programs.ts';

/** An order without its number. */
type Wanted = ToHost extends infer Each ? (Each extends { id: number } ? Omit<Each, 'id'> : never) : never;

export interface Order {
  readonly id: number;
  /** Rejects where the host fails at it, or is lost. */
  readonly done: Promise<unknown>;
  /** Only of what is started. */
  readonly exited: Promise<ProgramExit | undefined>;
  readonly stdout: AsyncIterable<Buffer>;
  readonly stderr: AsyncIterable<Buffer>;
}

export interface ProgramHost {
  order(wanted: Wanted): Order;
  tell(message: ToHost): void;
}

interface Open {
  readonly done: PromiseWithResolvers<unknown>;
  readonly exited: PromiseWithResolvers<ProgramExit | undefined>;
  readonly outputs: Readonly<Record<OutputName, Output>>;
  /** It lives on after it is done, and its exit is awaited. */
  readonly livesOn: boolean;
  isDone: boolean;
}

/** How long a host without work is kept: the next push may come soon. */
const idleMs = 60_000;

/** The host as the house sees it; its process begins with the first order. */
export function startHost(): ProgramHost {
  const open = new Map<number, Open>();
  let child: ChildProcess | undefined;
  let lastId = 0;
  let idle: NodeJS.Timeout | undefined;

  function begin(): ChildProcess {
    const cache = getCompileCacheDir();
    const made = fork(fileURLToPath(new URL('./host-main.ts', import.meta.url)), {
      // Nothing of the house's environment, and no flags of its own: they size another heap, or open an inspector.
      env: { ...(cache !== undefined && { NODE_COMPILE_CACHE: dirname(cache) }) },
      execArgv: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=256', '--max-semi-space-size=1'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    made.on('message', hear);
    made.on('error', () => lose(made));
    made.once('exit', () => lose(made));
    return made;
  }

  function hear(message: FromHost): void {
    const order = open.get(message.id);
    if (!order) return;
    if ('output' in message) {
      order.outputs[message.output].push(message.chunk);
      if (message.chunk === null) hold();
      return;
    }
    if ('exit' in message) {
      const { code, signal } = message.exit;
      order.exited.resolve({ ...(code !== null && { code }), ...(signal && { signal }) });
    } else if ('failed' in message) {
      const { message: text, code } = message.failed;
      order.done.reject(Object.assign(new Error(text), code && { code }));
      for (const output of Object.values(order.outputs)) output.push(null);
    } else {
      order.isDone = true;
      order.done.resolve(message.done);
    }
    if ('exit' in message || 'failed' in message || !order.livesOn) forget(message.id, order);
    else hold();
  }

  /** Output may still come of what has exited: its children write on. */
  function forget(id: number, { outputs }: Open): void {
    const closed = Object.values(outputs).map((output) => output.closed);
    const drop = () => {
      open.delete(id);
      hold();
    };
    hold();
    Promise.all(closed).then(drop, drop);
  }

  function lose(lost: ChildProcess): void {
    if (child !== lost) return;
    child = undefined;
    for (const { done, exited, outputs } of open.values()) {
      done.reject(new Error('the process that starts programs ended'));
      exited.resolve(undefined);
      for (const output of Object.values(outputs)) output.push(null);
    }
    open.clear();
  }

  /** The house waits for an order's end and for output, and not for the end of a program that lives on. */
  function hold(): void {
    clearTimeout(idle);
    if (!child) return;
    const isAwaited = open
      .values()
      .some(({ isDone, outputs }) => !isDone || outputs.stdout.isOpen() || outputs.stderr.isOpen());
    if (isAwaited) child.channel?.ref();
    else child.channel?.unref();
    if (open.size > 0) return;
    idle = setTimeout(() => {
      const ended = child;
      child = undefined;
      if (ended?.connected) ended.disconnect();
    }, idleMs);
    idle.unref();
  }

  function tell(message: ToHost): void {
    if (child?.connected) child.send(message, () => {});
  }

  return {
    tell,
    order(wanted) {
      child ??= begin();
      child.unref();
      const id = ++lastId;
      const livesOn = 'start' in wanted;
      const output = (name: OutputName, isPiped: boolean) =>
        createOutput(isPiped, (bytes) => tell({ id, used: name, bytes }));
      const outputs = {
        stdout: output('stdout', livesOn && wanted.start.stdout === 'pipe'),
        stderr: output('stderr', livesOn && wanted.start.stderr === 'pipe'),
      };
      const order: Open = {
        ...{ done: Promise.withResolvers(), exited: Promise.withResolvers(), outputs, livesOn },
        isDone: false,
      };
      open.set(id, order);
      hold();
      tell({ id, ...wanted } as ToHost);
      return { id, done: order.done.promise, exited: order.exited.promise, ...outputs };
    },
  };
}

interface Output extends AsyncIterable<Buffer> {
  /** Null at its end. */
  push(chunk: Buffer | null): void;
  readonly closed: Promise<void>;
  isOpen(): boolean;
}

function createOutput(isPiped: boolean, used: (bytes: number) => void): Output {
  const chunks: Buffer[] = [];
  const closed = Promise.withResolvers<void>();
  let isOver = !isPiped;
  let isLeft = false;
  let wake = () => {};
  if (isOver) closed.resolve();
  return {
    closed: closed.promise,
    isOpen: () => !isOver,
    push(chunk) {
      if (chunk === null) {
        isOver = true;
        closed.resolve();
      } else if (isLeft) used(chunk.length);
      else chunks.push(chunk);
      wake();
    },
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) {
            yield chunk;
            used(chunk.length);
          }
          if (isOver) return;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        // Whoever stops reading does not hold the program up.
        isLeft = true;
        for (const chunk of chunks.splice(0)) used(chunk.length);
      }
    },
  };
}
