import type { GraphExecutor, SubgraphSdl } from '@steading/graph';
import type { Clock, Log } from '@steading/kit';
import type { Doors } from '@steading/service';

export interface SubgraphWatchOptions {
  readonly services: readonly string[];
  readonly doors: Pick<Doors, 'sdl'>;
  readonly executor: GraphExecutor;
  readonly clock: Clock;
  readonly log: Log;
}

/** Aborted when the gateway stops. */
export interface SubgraphWatch {
  /** Services whose part is missing, or which problem keeps the parts from fitting together; undefined: all is there. */
  readonly problem: string | undefined;
  /** Asks every service once, resolves, and goes on asking in the background. */
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

const missingMs = 1000;
const changedMs = 30_000;

/**
 * Keeps the endpoint made of what the services offer now: asks those that are not up again each second, all of them
 * each half minute (one may have been updated), and composes anew when something differs. What is there answers
 * meanwhile.
 */
export function createSubgraphWatch(options: SubgraphWatchOptions): SubgraphWatch {
  const { services, doors, executor, clock, log } = options;
  const stopping = new AbortController();
  let known = new Map<string, string>();
  let composedOf = '';
  let problem: string | undefined = 'The GraphQL endpoint has not started.';
  let loop: Promise<void> | undefined;

  async function look(): Promise<void> {
    const found = new Map<string, string>();
    const missing: string[] = [];
    await Promise.all(
      services.map(async (service) => {
        const sdl = await doors.sdl(service).catch(() => undefined);
        if (sdl === undefined) missing.push(service);
        // One that was there keeps its part while it restarts: its fields then answer `unavailable`.
        const usable = sdl ?? known.get(service);
        if (usable) found.set(service, usable);
      }),
    );
    known = found;
    const refused = await compose(services.flatMap((name) => (found.has(name) ? { name, sdl: found.get(name)! } : [])));
    const absent = missing.filter((service) => !found.has(service));
    problem = refused ?? (absent.length > 0 ? `Not there yet: ${absent.sort().join(', ')}.` : undefined);
  }

  async function compose(list: readonly SubgraphSdl[]): Promise<string | undefined> {
    const text = JSON.stringify(list);
    if (text === composedOf || list.length === 0) return text === composedOf ? composeProblem : undefined;
    composedOf = text;
    const result = await executor.setSubgraphs(list);
    composeProblem = 'problem' in result ? `The subgraphs do not fit together: ${result.problem}` : undefined;
    if (composeProblem) log.error({ problem: composeProblem }, 'the GraphQL endpoint keeps its earlier schema');
    else log.info({ services: list.map(({ name }) => name) }, 'the GraphQL endpoint has a new schema');
    return composeProblem;
  }
  let composeProblem: string | undefined;

  async function watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(problem ? missingMs : changedMs, signal);
      if (!signal.aborted) await look();
    }
  }

  return {
    get problem() {
      return problem;
    },
    async start(signal) {
      await look();
      const both = AbortSignal.any([signal, stopping.signal]);
      loop = watch(both).catch((error: unknown) => log.error({ err: error }, 'the watch over subgraphs ended'));
    },
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
