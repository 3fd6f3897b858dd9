/**
 * Which app a host belongs to, and what runs for an app. Held in memory and replaced whole, part by part: a reader
 * never sees half of a change. What arrives late (a lower revision) is not taken.
 */
export interface Route {
  readonly host: string;
  readonly appId: string;
  readonly maxBodyBytes: number;
  /** Until the first byte of the answer. */
  readonly timeoutMs: number;
  /** Why it cannot be served now; empty: it can. */
  readonly unavailable: string;
}

export interface Upstream {
  readonly id: string;
  readonly generation: string;
  readonly state: string;
  /** `127.0.0.1:40123`. */
  readonly address: string;
  /** While draining: when it will be stopped. */
  readonly stopsMs?: number;
}

export interface RouteSnapshot {
  readonly revision: number;
  readonly routes: readonly Route[];
  readonly apps: readonly { appId: string; revision: number; instances: readonly Upstream[] }[];
}

export interface RouteTable {
  find(host: string): Route | undefined;
  /** Those that may get new requests: healthy, of the newest generation that has any healthy one. */
  serving(appId: string): readonly Upstream[];
  /** Nothing may get requests yet, but an instance is on its way up: for the first time, or again after it ended. */
  startsSoon(appId: string): boolean;
  setRoutes(revision: number, routes: readonly Route[]): void;
  setInstances(appId: string, revision: number, instances: readonly Upstream[]): void;
  snapshot(): RouteSnapshot;
  /** Called after every change of instances, with all of them. */
  onInstances(call: (appId: string, instances: readonly Upstream[]) => void): void;
}

interface App {
  readonly revision: number;
  readonly instances: readonly Upstream[];
  readonly serving: readonly Upstream[];
}

export function createRouteTable(): RouteTable {
  let routes = new Map<string, Route>();
  let listed: readonly Route[] = [];
  let current = -1;
  const apps = new Map<string, App>();
  const calls: ((appId: string, instances: readonly Upstream[]) => void)[] = [];

  return {
    find: (host) => routes.get(host),
    serving: (appId) => apps.get(appId)?.serving ?? [],
    startsSoon: (appId) =>
      apps.get(appId)?.instances.some(({ state }) => state === 'starting' || state === 'unhealthy') ?? false,
    setRoutes(revision, next) {
      if (revision < current) return;
      current = revision;
      listed = next;
      routes = new Map(next.map((route) => [route.host, route]));
    },
    setInstances(appId, revision, instances) {
      if (revision < (apps.get(appId)?.revision ?? -1)) return;
      if (instances.length === 0) apps.set(appId, { revision, instances, serving: [] });
      else apps.set(appId, { revision, instances, serving: chooseServing(instances) });
      for (const call of calls) call(appId, instances);
    },
    snapshot: () => ({
      revision: current,
      routes: listed,
      apps: [...apps].map(([appId, { revision, instances }]) => ({ appId, revision, instances })),
    }),
    onInstances: (call) => void calls.push(call),
  };
}

/** Generations are deployment ids, which sort by time. */
export function chooseServing(instances: readonly Upstream[]): readonly Upstream[] {
  const healthy = instances.filter((instance) => instance.state === 'healthy' && instance.address !== '');
  const newest = healthy.reduce((best, { generation }) => (generation > best ? generation : best), '');
  return healthy.filter((instance) => instance.generation === newest);
}
