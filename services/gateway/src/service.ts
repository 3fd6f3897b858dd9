import { fileURLToPath } from 'node:url';
import { defineService } from '@steading/service';
import { createSessionGuard } from '#src/caller/session-guard.ts';
import { gatewayConfig } from '#src/config.ts';
import { fail } from '#src/errors.ts';
import { createFront } from '#src/front/front.ts';
import { houseHosts } from '#src/front/hosts.ts';
import { plainPage, rawRefusal } from '#src/front/plain-page.ts';
import { createGraphEndpoint } from '#src/graph/graph-endpoint.ts';
import { graphFail } from '#src/graph/graph-errors.ts';
import { createHouseSide } from '#src/house/house-side.ts';
import { createMetrics } from '#src/metrics.ts';

export const gatewayService = defineService({
  name: 'gateway',
  purpose: 'The one door: people, programs and the traffic of apps come in here.',
  config: gatewayConfig,
  errors: { ...fail.catalogue, ...graphFail.catalogue },
  async create(context) {
    const { config, house } = context;
    const metrics = createMetrics();
    const guard = createSessionGuard(context);
    const graph = createGraphEndpoint(context);
    const houseSide = await createHouseSide({ context, guard, graph, metrics, webRoot: webRoot(config) });
    const front = createFront({
      bind: config.STEADING_BIND,
      httpPort: config.STEADING_HTTP_PORT,
      houseHosts: houseHosts(house.publicUrl),
      house: houseSide,
      edge: {
        request: (_incoming, outgoing) => plainPage(outgoing, 404, 'There is nothing at this address.'),
        upgrade: (_incoming, socket) => rawRefusal(socket, 404, 'There is nothing at this address.'),
      },
    });
    return {
      async start() {
        guard.start();
        await graph.start();
        await front.start();
      },
      async stop(signal) {
        await front.stop(signal);
        await houseSide.close();
        await graph.stop();
        await guard.stop();
        metrics.stop();
      },
      health: () => graph.health(),
    };
  },
});

function webRoot(config: { STEADING_WEB_ROOT?: string | undefined }): string {
  return config.STEADING_WEB_ROOT ?? fileURLToPath(new URL('../../../apps/web/dist/', import.meta.url));
}
