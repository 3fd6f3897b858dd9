import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { ServiceContext } from '@steading/service';
import { createAnnouncement } from '#src/edge/announcement.ts';
import { followInstances } from '#src/edge/draining.ts';
import { createEdgeRequests, isProbe } from '#src/edge/edge-requests.ts';
import { createRouteFeed } from '#src/edge/route-feed.ts';
import { createRouteTable } from '#src/edge/route-table.ts';
import { createUpstreams } from '#src/edge/upstreams.ts';
import { createEdgeWebSockets } from '#src/edge/web-sockets.ts';
import type { Side } from '#src/front/front.ts';
import type { Metrics } from '#src/metrics.ts';

export interface EdgeSide extends Side {
  /** `edg_…`: as this gateway announces itself. */
  readonly id: string;
  readonly problem: string | undefined;
  /** Whether a host is an app's. */
  knows(host: string): boolean;
  /** Whether the house itself asks, to see whether a deployment is reached. */
  isProbe(incoming: IncomingMessage, host: string): boolean;
  /** Where a healthy instance of an app listens, the least busy one: `127.0.0.1:40123`. */
  addressOf(appId: string): string | undefined;
  start(): Promise<void>;
  /** The door is open: deployments are probed through it from now on. */
  opened(where: { readonly host: string; readonly port: number }): void;
  /** The door closes. */
  closes(): Promise<void>;
  /** Closes WebSockets and event streams, so that the front can end. */
  closeStreams(): void;
  stop(): Promise<void>;
}

export type EdgeContext = Pick<ServiceContext, 'catalogue' | 'rpc' | 'bus' | 'house' | 'clock' | 'log' | 'signal'>;

/** Every host that is not the house's own: the apps. */
export function createEdgeSide(context: EdgeContext, metrics: Metrics): EdgeSide {
  const { catalogue, rpc, bus, house, clock, log, signal } = context;
  const table = createRouteTable();
  const upstreams = createUpstreams({ clock });
  const draining = followInstances({ table, upstreams, clock });
  const folder = join(house.dataDir, 'gateway');
  const has = (service: string) => catalogue.some((definition) => definition.name === service);
  const feed = createRouteFeed({ table, rpc, bus, folder, has, clock, log, signal });
  const announcement = createAnnouncement({ rpc, has, clock, log });
  const { edgeId } = announcement;
  const options = { edgeId, table, upstreams, metrics, probeKey: house.key('edge-probe'), clock, log };
  const requests = createEdgeRequests(options);
  const webSockets = createEdgeWebSockets(options);
  return {
    id: edgeId,
    request: (incoming, outgoing, host) => void requests(incoming, outgoing, host),
    upgrade: (incoming, socket, head, host) => void webSockets(incoming, socket, head, host),
    knows: (host) => table.find(host) !== undefined,
    isProbe: (incoming, host) => isProbe(options.probeKey, incoming, host),
    addressOf: (appId) => upstreams.pick(table.serving(appId), new Set())?.address,
    get problem() {
      return feed.problem;
    },
    start: () => feed.start(),
    opened: (where) => announcement.start(where),
    closes: () => announcement.leave(),
    closeStreams: () => upstreams.closeStreams(),
    async stop() {
      draining.stop();
      await feed.stop();
      await upstreams.stop();
    },
  };
}
