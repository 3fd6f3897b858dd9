import { fileURLToPath } from 'node:url';
import type { ServiceContext, ServiceParts } from '@steading/service';
import { createSessionGuard } from '#src/caller/session-guard.ts';
import type { gatewayConfig } from '#src/config.ts';
import { createEdgeSide } from '#src/edge/edge-side.ts';
import { createFront } from '#src/front/front.ts';
import { houseHosts } from '#src/front/hosts.ts';
import { createSecureAddress } from '#src/front/secure-address.ts';
import { createGraphSide } from '#src/graph/graph-side.ts';
import { createHouseSide } from '#src/house/house-side.ts';
import { createLiveSide } from '#src/live/live-side.ts';
import { createMetrics } from '#src/metrics.ts';
import { createTls } from '#src/tls/tls.ts';

/** How long requests that are under way may take when the house starts again. */
const restartDrainMs = 10_000;

export async function create(context: ServiceContext<typeof gatewayConfig>): Promise<ServiceParts> {
  const { config, house } = context;
  const metrics = createMetrics(context.lag);
  const guard = createSessionGuard(context);
  const edge = createEdgeSide(context, metrics);
  const graph = await createGraphSide({
    context,
    metrics,
    webRoot: webRoot(config),
    edgeId: edge.id,
    addressOf: (appId) => edge.addressOf(appId),
  });
  const live = createLiveSide(context, guard, metrics);
  const houseSide = await createHouseSide({ context, guard, graph, live, metrics, webRoot: webRoot(config) });
  const hosts = houseHosts(house.publicUrl);
  const tls = await createTls(context, (name) => hosts.has(name) || edge.knows(name));
  const front = createFront({
    bind: config.STEADING_BIND,
    httpPort: config.STEADING_HTTP_PORT,
    houseHosts: hosts,
    house: houseSide,
    edge,
    clock: context.clock,
    limits: { maxConnections: config.STEADING_MAX_CLIENTS, maxPerAddress: config.STEADING_MAX_CLIENTS_PER_ADDRESS },
    ...(tls && {
      secureAddress: createSecureAddress({
        publicUrl: house.publicUrl,
        houseHosts: hosts,
        covers: tls.covers,
        isProbe: edge.isProbe,
      }),
    }),
    refused: metrics.refused,
    succession: house.succession,
    ...(tls && { tls }),
  });
  let isLeaving = false;
  return {
    graph: graph.subgraph,
    async start() {
      guard.start();
      live.start();
      await graph.start();
      await edge.start();
      const port = await front.start();
      edge.opened({ host: config.STEADING_BIND, port });
      if (tls?.problem) context.log.warn(tls.problem);
    },
    async stop(signal) {
      isLeaving = true;
      front.turnAway();
      const isRestart = house.succession?.isUnderWay === true;
      if (!isRestart) await context.clock.sleep(config.STEADING_DRAIN_SECONDS * 1_000, signal);
      await edge.closes();
      // Who waits at the door of a house that starts again waits for the longest request: they have a limit then.
      const late = isRestart ? AbortSignal.any([signal, AbortSignal.timeout(restartDrainMs)]) : signal;
      let isOver = false;
      const ended = front.stop(late).finally(() => (isOver = true));
      await live.stop();
      graph.closeStreams();
      // What is long-lived may still be opened on a connection that was taken before the door was closed.
      while (!isOver) {
        edge.closeStreams();
        await Promise.race([ended, context.clock.sleep(100)]);
      }
      await ended;
      await edge.stop();
      await houseSide.close();
      await graph.stop();
      await guard.stop();
      metrics.stop();
    },
    health() {
      if (isLeaving) return { ready: false, reason: 'This gateway is about to stop.' };
      if (edge.problem) return { ready: false, reason: edge.problem };
      const health = graph.health();
      return health.ready && tls?.problem ? { ready: true, reason: tls.problem } : health;
    },
  };
}

function webRoot(config: { STEADING_WEB_ROOT?: string | undefined }): string {
  return config.STEADING_WEB_ROOT ?? fileURLToPath(new URL('../../../apps/web/dist/', import.meta.url));
}
