import { fileURLToPath } from 'node:url';
import { defineService } from '@steading/service';
import { createSessionGuard } from '#src/caller/session-guard.ts';
import { gatewayConfig } from '#src/config.ts';
import { createEdgeSide } from '#src/edge/edge-side.ts';
import { fail } from '#src/errors.ts';
import { createFront } from '#src/front/front.ts';
import { houseHosts } from '#src/front/hosts.ts';
import { createGraphEndpoint } from '#src/graph/graph-endpoint.ts';
import { graphFail } from '#src/graph/graph-errors.ts';
import { createHouseSide } from '#src/house/house-side.ts';
import { createLiveSide } from '#src/live/live-side.ts';
import { createMetrics } from '#src/metrics.ts';
import { createTls } from '#src/tls/tls.ts';

export const gatewayService = defineService({
  name: 'gateway',
  purpose: 'The one door: people, programs and the traffic of apps come in here.',
  config: gatewayConfig,
  errors: { ...fail.catalogue, ...graphFail.catalogue },
  async create(context) {
    const { config, house } = context;
    const metrics = createMetrics();
    const guard = createSessionGuard(context);
    const graph = createGraphEndpoint(context, {
      perCaller: config.STEADING_SUBSCRIPTIONS_PER_CALLER,
      inAll: config.STEADING_SUBSCRIPTIONS,
    });
    const live = createLiveSide(context, guard, metrics);
    const houseSide = await createHouseSide({ context, guard, graph, live, metrics, webRoot: webRoot(config) });
    const edge = createEdgeSide(context, metrics);
    const hosts = houseHosts(house.publicUrl);
    const tls = await createTls(context, (name) => hosts.has(name) || edge.knows(name));
    const front = createFront({
      bind: config.STEADING_BIND,
      httpPort: config.STEADING_HTTP_PORT,
      houseHosts: hosts,
      house: houseSide,
      edge,
      ...(tls && { tls }),
    });
    return {
      async start() {
        guard.start();
        live.start();
        await graph.start();
        await edge.start();
        await front.start();
      },
      async stop(signal) {
        await live.stop();
        graph.closeStreams();
        edge.closeStreams();
        await front.stop(signal);
        await edge.stop();
        await houseSide.close();
        await graph.stop();
        await guard.stop();
        metrics.stop();
      },
      health: () => (edge.problem ? { ready: false, reason: edge.problem } : graph.health()),
    };
  },
});

function webRoot(config: { STEADING_WEB_ROOT?: string | undefined }): string {
  return config.STEADING_WEB_ROOT ?? fileURLToPath(new URL('../../../apps/web/dist/', import.meta.url));
}
