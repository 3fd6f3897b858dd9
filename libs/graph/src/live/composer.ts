/**
 * Composes in a thread of its own. Composing the house takes a tenth of a second of computing, which requests would
 * wait for; and the library for it is the largest that the endpoint needs, so that the thread ends when it has been
 * idle for a while and gives its memory back.
 */
import { Worker } from 'node:worker_threads';
import type { Composed, ComposeSubgraphs } from '#src/supergraph.ts';

export interface ComposerOptions {
  /** Default 5 000. */
  readonly idleMs?: number;
  /** After which a composition is given up; default 20 000. */
  readonly timeoutMs?: number;
}

export interface Composer {
  readonly compose: ComposeSubgraphs;
  stop(): Promise<void>;
}

/** What one composition may need: far more than any house, far less than a machine. */
const maxHeapMb = 256;
/** Left to itself this heap takes 180 MB when one change follows another; so it takes 60, and composes as fast. */
const maxYoungMb = 16;

export function createComposer({ idleMs = 5_000, timeoutMs = 20_000 }: ComposerOptions = {}): Composer {
  const waiting = new Map<number, (composed: Composed) => void>();
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let lastId = 0;
  let stopped = false;

  function end(problem: string): Promise<unknown> | undefined {
    const ending = worker;
    worker = undefined;
    clearTimeout(idle);
    for (const answer of waiting.values()) answer({ problem, isPassing: true });
    waiting.clear();
    return ending?.terminate();
  }

  function begin(): Worker {
    const made = new Worker(new URL('./compose-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: maxYoungMb },
      // Flags of the house that size the heap for requests have nothing to say here.
      execArgv: [],
    });
    made.unref();
    made.on('message', ({ id, composed }: { id: number; composed: Composed }) => {
      waiting.get(id)?.(composed);
      waiting.delete(id);
      if (waiting.size > 0 || worker !== made) return;
      clearTimeout(idle);
      idle = setTimeout(() => void end('The composing thread ended.'), idleMs).unref();
    });
    made.on('error', (error) => {
      if (worker === made) void end(`The subgraphs could not be composed: ${error.message}`);
    });
    return made;
  }

  return {
    compose(subgraphs) {
      if (stopped) return Promise.resolve({ problem: 'The house stops.', isPassing: true });
      clearTimeout(idle);
      worker ??= begin();
      const id = ++lastId;
      const { promise, resolve } = Promise.withResolvers<Composed>();
      const late = setTimeout(() => void end(`Composing took more than ${timeoutMs / 1000} s.`), timeoutMs);
      waiting.set(id, resolve);
      worker.postMessage({
        id,
        subgraphs: subgraphs.map(({ name, sdl, foreign = false }) => ({ name, sdl, foreign })),
      });
      return promise.finally(() => clearTimeout(late));
    },
    async stop() {
      stopped = true;
      await end('The house stops.');
    },
  };
}
