import type { Clock, Timer } from '@steading/kit';
import type { RouteTable, Upstream } from '#src/edge/route-table.ts';
import type { Upstreams } from '#src/edge/upstreams.ts';

/** How long before an instance is stopped its WebSockets and event streams are closed. */
const aheadMs = 1_000;

/** Closes what is long-lived on instances that go, and the connections to those that are gone. */
export function followInstances(options: { table: RouteTable; upstreams: Upstreams; clock: Clock }): { stop(): void } {
  const { table, upstreams, clock } = options;
  const timers = new Map<string, Timer>();
  const known = new Map<string, readonly Upstream[]>();

  function plan(instance: Upstream): void {
    if (instance.state !== 'draining' || instance.stopsMs === undefined || timers.has(instance.id)) return;
    const delay = Math.max(0, instance.stopsMs - aheadMs - clock.now());
    timers.set(
      instance.id,
      clock.after(delay, () => {
        timers.delete(instance.id);
        upstreams.closeStreams(instance.id);
      }),
    );
  }

  table.onInstances((appId, instances) => {
    known.set(appId, instances);
    for (const instance of instances) plan(instance);
    upstreams.keepOnly(new Set([...known.values()].flat().map(({ address }) => address)));
  });
  return {
    stop() {
      for (const timer of timers.values()) timer.cancel();
    },
  };
}
