/**
 * The connections to instances: a pool each, what is under way on each, and who is left out for a moment after failing
 * to connect. Least loaded first; equals take turns.
 */
import type { Clock } from '@steading/kit';
import { type Dispatcher, Pool } from 'undici';
import type { Upstream } from '#src/edge/route-table.ts';

export interface OpenStream {
  /** Ends it in its own protocol's way, because its instance goes. */
  close(): void;
}

export interface Upstreams {
  /** The one to ask next, not among those `tried` unless there is no other. */
  pick(serving: readonly Upstream[], tried: ReadonlySet<string>): Upstream | undefined;
  pool(address: string): Dispatcher;
  /** Leaves an instance out for two seconds. */
  eject(id: string): void;
  begin(id: string): () => void;
  /** Remembers a WebSocket or event stream of an instance; gives back how to forget it. */
  track(id: string, stream: OpenStream): () => void;
  closeStreams(id?: string): void;
  /** Closes the pools of addresses that are gone. */
  keepOnly(addresses: ReadonlySet<string>): void;
  stop(): Promise<void>;
}

const ejectMs = 2_000;

export function createUpstreams({ clock }: { clock: Clock }): Upstreams {
  const pools = new Map<string, Pool>();
  const loads = new Map<string, number>();
  const ejected = new Map<string, number>();
  const streams = new Map<string, Set<OpenStream>>();
  let turn = 0;

  return {
    pick(serving, tried) {
      const now = clock.now();
      const rested = serving.filter(({ id }) => (ejected.get(id) ?? 0) <= now);
      const fresh = rested.filter(({ id }) => !tried.has(id));
      // Better an instance that just failed than nobody.
      const choice = fresh.length > 0 ? fresh : rested.length > 0 ? rested : serving;
      return leastLoaded(choice, loads, turn++);
    },
    pool(address) {
      let pool = pools.get(address);
      if (!pool) pools.set(address, (pool = openPool(address)));
      return pool;
    },
    eject: (id) => void ejected.set(id, clock.now() + ejectMs),
    begin(id) {
      loads.set(id, (loads.get(id) ?? 0) + 1);
      let done = false;
      return () => {
        if (done) return;
        done = true;
        const left = (loads.get(id) ?? 1) - 1;
        if (left > 0) loads.set(id, left);
        else loads.delete(id);
      };
    },
    track(id, stream) {
      const set = streams.get(id) ?? new Set();
      streams.set(id, set.add(stream));
      return () => {
        set.delete(stream);
        if (set.size === 0 && streams.get(id) === set) streams.delete(id);
      };
    },
    closeStreams(id) {
      for (const [key, set] of streams)
        if (id === undefined || key === id) for (const stream of [...set]) stream.close();
    },
    keepOnly(addresses) {
      const now = clock.now();
      for (const [id, until] of ejected) if (until <= now) ejected.delete(id);
      for (const [address, pool] of pools) {
        if (addresses.has(address)) continue;
        pools.delete(address);
        // Waits for what is under way; a failure of a connection that nobody needs any more is no news.
        pool.close().catch(() => {});
      }
    },
    async stop() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
}

function leastLoaded(choice: readonly Upstream[], loads: ReadonlyMap<string, number>, turn: number) {
  let best: Upstream | undefined;
  let bestLoad = Number.POSITIVE_INFINITY;
  for (let at = 0; at < choice.length; at++) {
    const one = choice[(at + turn) % choice.length]!;
    const load = loads.get(one.id) ?? 0;
    if (load < bestLoad) {
      best = one;
      bestLoad = load;
    }
  }
  return best;
}

function openPool(address: string): Pool {
  return new Pool(`http://${address}`, {
    connections: 512,
    pipelining: 1,
    connect: { timeout: 1_000 },
    // Shorter than what servers keep (Node: 5 s), so that we, not they, close an idle connection.
    keepAliveTimeout: 3_000,
    keepAliveMaxTimeout: 30_000,
    bodyTimeout: 0,
    headersTimeout: 0,
    maxHeaderSize: 32_768,
  });
}
