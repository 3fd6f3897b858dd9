import type { Bus, Subscription } from '@steading/bus';
import { SubgraphChanged } from '@steading/contracts/house-events';
import type { SubgraphRegistry } from '@steading/graph';
import type { Clock, Log } from '@steading/kit';
import type { Doors } from '@steading/service';

export interface SubgraphWatchOptions {
  readonly services: readonly string[];
  readonly doors: Pick<Doors, 'sdl'>;
  readonly registry: SubgraphRegistry;
  /** Where services say that they are up, or changed; without it they are only asked. */
  readonly bus?: Pick<Bus, 'broadcast'> | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** Aborted when the gateway stops. */
export interface SubgraphWatch {
  /** Services that have no part yet; they are asked again each second. */
  readonly missing: readonly string[];
  /** Asks every service once, resolves, and goes on asking in the background. */
  start(signal: AbortSignal): Promise<void>;
  /** Asks now; what is asked for while it asks is asked once more after it. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

/** The source under which the house's own services stand in the registry; those of apps come after it. */
export const servicesSource = 'services';

const missingMs = 1000;
const changedMs = 30_000;

/**
 * Tells the registry what the services offer now: asks them when one says that it is up or changed, asks those that
 * are not up again each second, and all of them each half minute, for what was said may have been missed.
 */
export function createSubgraphWatch(options: SubgraphWatchOptions): SubgraphWatch {
  const { services, doors, registry, bus, clock, log } = options;
  const stopping = new AbortController();
  let known = new Map<string, string>();
  let missing: readonly string[] = services;
  let loop: Promise<void> | undefined;
  let heard: Subscription | undefined;
  let looking: Promise<void> | undefined;
  let again = false;

  async function ask(): Promise<void> {
    const found = new Map<string, string>();
    await Promise.all(
      services.map(async (service) => {
        const sdl = await doors.sdl(service).catch(() => undefined);
        // One that was there keeps its part while it restarts: its fields then answer `unavailable`.
        const usable = sdl ?? known.get(service);
        if (usable) found.set(service, usable);
      }),
    );
    known = found;
    await registry.set(
      servicesSource,
      services.flatMap((name) => (found.has(name) ? { name, sdl: found.get(name)! } : [])),
    );
    missing = services.filter((service) => !found.has(service)).sort();
  }

  async function askUntilCurrent(): Promise<void> {
    try {
      do {
        again = false;
        await ask();
      } while (again && !stopping.signal.aborted);
    } finally {
      looking = undefined;
    }
  }

  function look(): Promise<void> {
    if (looking) again = true;
    looking ??= askUntilCurrent();
    return looking;
  }

  async function watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(missing.length > 0 ? missingMs : changedMs, signal);
      if (!signal.aborted) await look();
    }
  }

  return {
    get missing() {
      return missing;
    },
    look,
    async start(signal) {
      const hear = () =>
        void look().catch((error: unknown) => log.error({ err: error }, 'services could not be asked'));
      heard = bus?.broadcast([SubgraphChanged], hear, hear);
      await look();
      const both = AbortSignal.any([signal, stopping.signal]);
      loop = watch(both).catch((error: unknown) => log.error({ err: error }, 'the watch over subgraphs ended'));
    },
    async stop() {
      stopping.abort();
      await heard?.stop();
      await loop;
    },
  };
}
