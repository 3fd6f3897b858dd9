/**
 * Keeps the endpoint's apps as deploy tells them: asked when it says that something changed, and each half minute, for
 * what was said may have been missed. How they were taken is told back, so that whoever deployed an app sees it; only
 * by an endpoint that has every service, for without one of them much does not fit.
 */
import type { Bus, Subscription } from '@steading/bus';
import { AppSubgraphsChanged } from '@steading/contracts/deploy-events';
import { DeployService } from '@steading/contracts/rpc/deploy';
import { promisedTypes, type SubgraphRegistry, type SubgraphStatus } from '@steading/graph';
import { type Clock, type Log, newRequestId, serviceCaller } from '@steading/kit';
import { as, type RpcClients } from '@steading/rpc';
import type { ServedApp } from '#src/graph/apps/app-calls.ts';

/** The source under which apps stand in the registry. */
export const appsSource = 'apps';

export interface AppFeedOptions {
  /** Who reports. */
  readonly edgeId: string;
  readonly registry: SubgraphRegistry;
  /** Every service has its part. */
  readonly isWhole: () => boolean;
  readonly rpc: RpcClients;
  readonly bus: Pick<Bus, 'broadcast'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Told who is left, after each change. */
  readonly onChange: (appIds: ReadonlySet<string>) => void;
}

export interface AppFeed {
  served(subgraph: string): ServedApp | undefined;
  start(signal: AbortSignal): Promise<void>;
  /** To be called when the registry took or refused something. */
  statusChanged(): void;
  stop(): Promise<void>;
}

interface Listed {
  readonly appId: string;
  readonly subgraph: string;
  readonly name: string;
  readonly path: string;
  readonly sdl: string;
  readonly revision: bigint;
}

const pollMs = 30_000;
const firstWaitMs = 2_000;

export function createAppFeed(options: AppFeedOptions): AppFeed {
  const { edgeId, registry, isWhole, rpc, bus, clock, log, onChange } = options;
  const stopping = new AbortController();
  const told = new Map<string, string>();
  let listed: readonly Listed[] = [];
  let served = new Map<string, ServedApp & { readonly sdl: string }>();
  let applying = false;
  let looking: Promise<void> | undefined;
  let again = false;
  let heard: Subscription | undefined;
  let loop: Promise<void> | undefined;

  async function ask(): Promise<void> {
    const options = as(serviceCaller('gateway', newRequestId()), { signal: stopping.signal, timeoutMs: 10_000 });
    const { subgraphs } = await rpc.client(DeployService).listAppSubgraphs({}, options);
    listed = subgraphs.map(({ appId, name, path, sdl, revision }) => ({
      appId,
      name,
      path,
      sdl,
      revision,
      subgraph: `app-${name}`,
    }));
    // Who goes is no longer called, even while the endpoint still has its fields.
    take(false);
    applying = true;
    try {
      await registry.set(
        appsSource,
        listed.map(({ subgraph: name, sdl }) => ({ name, sdl, foreign: true })),
      );
    } finally {
      applying = false;
    }
    take(true);
    await report();
  }

  /** What is called, and by which types its answers are read: those of the SDL that the endpoint has. */
  function take(isSettled: boolean): void {
    const states = statesOf(registry);
    const next = new Map<string, ServedApp & { readonly sdl: string }>();
    for (const { appId, name, path, sdl, subgraph } of listed) {
      const before = served.get(subgraph);
      const isNew = isSettled && states.get(subgraph)?.state === 'serving';
      const same = before?.appId === appId ? before : undefined;
      if (isNew && same?.sdl !== sdl) next.set(subgraph, { appId, name, path, sdl, types: promisedTypes(sdl) });
      else if (same) next.set(subgraph, { ...same, path });
    }
    served = next;
    onChange(new Set([...next.values()].map(({ appId }) => appId)));
  }

  async function report(): Promise<void> {
    if (!isWhole() || stopping.signal.aborted) return;
    const states = statesOf(registry);
    const reports = listed.flatMap(({ appId, subgraph, revision }) => {
      const status = states.get(subgraph);
      const key = `${revision} ${status?.state} ${status?.reason}`;
      if (!status || told.get(appId) === key) return [];
      return { key, appId, revision, serving: status.state === 'serving', reason: status.reason ?? '' };
    });
    if (reports.length === 0) return;
    const options = as(serviceCaller('gateway', newRequestId()), { signal: stopping.signal, timeoutMs: 10_000 });
    await rpc.client(DeployService).reportAppSubgraphs({ edgeId, reports }, options);
    for (const { appId, key } of reports) told.set(appId, key);
  }

  async function lookUntilCurrent(): Promise<void> {
    try {
      do {
        again = false;
        await ask();
      } while (again && !stopping.signal.aborted);
    } catch (error) {
      if (!stopping.signal.aborted)
        log.warn({ err: error }, 'the subgraphs of apps cannot be asked for; those known stay');
    } finally {
      looking = undefined;
    }
  }

  function look(): Promise<void> {
    if (looking) again = true;
    looking ??= lookUntilCurrent();
    return looking;
  }

  async function poll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(pollMs, signal);
      // Reports are forgotten like the gateway itself.
      told.clear();
      if (!signal.aborted) await look();
    }
  }

  return {
    served: (subgraph) => served.get(subgraph),
    async start(signal) {
      const hear = () => void look();
      heard = bus.broadcast([AppSubgraphsChanged], hear, hear);
      // The door opens even while deploy is away: its apps are taken in when it is back.
      await Promise.race([look(), clock.sleep(firstWaitMs, signal)]);
      loop = poll(AbortSignal.any([signal, stopping.signal]));
    },
    statusChanged() {
      // What apps themselves change is told when it is settled.
      if (applying) return;
      take(true);
      report().catch((error: unknown) => {
        if (!stopping.signal.aborted) log.warn({ err: error }, 'deploy was not told how apps were taken');
      });
    },
    async stop() {
      stopping.abort();
      await heard?.stop();
      await looking;
      await loop;
    },
  };
}

const statesOf = ({ status }: SubgraphRegistry): ReadonlyMap<string, SubgraphStatus> =>
  new Map(status.subgraphs.filter(({ source }) => source === appsSource).map((one) => [one.name, one]));
