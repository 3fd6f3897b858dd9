import { hostname } from 'node:os';
import { createComposer, type Subgraph, withKnownComposition } from '@steading/graph';
import type { Caller } from '@steading/kit';
import type { ServiceContext } from '@steading/service';
import type { gatewayConfig } from '#src/config.ts';
import { createAppGraph } from '#src/graph/apps/app-graph.ts';
import { createKnownDocuments } from '#src/graph/documents/known-documents.ts';
import { graphSettingsOf } from '#src/graph/graph-config.ts';
import { createGraphEndpoint, type GraphEndpoint } from '#src/graph/graph-endpoint.ts';
import { createGraphSeen } from '#src/graph/seen/graph-seen.ts';
import { createTracing, noTracing } from '#src/graph/seen/tracing.ts';
import { createStatusGraph } from '#src/graph/status-graph.ts';
import { servicesSource } from '#src/graph/subgraph-watch.ts';
import type { Metrics } from '#src/metrics.ts';

export interface GraphSideOptions {
  readonly context: ServiceContext<typeof gatewayConfig>;
  readonly metrics: Metrics;
  readonly webRoot: string;
  /** As this gateway announces itself. */
  readonly edgeId: string;
  /** `127.0.0.1:40123` of a healthy instance of an app. */
  readonly addressOf: (appId: string) => string | undefined;
}

/** How the services of a whole house fit together, from `./steading generate`. */
const knownFile = new URL('../../composition.gen.json', import.meta.url);

/** The GraphQL endpoint with everything around it, and the gateway's own part of the graph. */
export async function createGraphSide(options: GraphSideOptions): Promise<GraphEndpoint & { subgraph: Subgraph }> {
  const { context, metrics, webRoot, edgeId, addressOf } = options;
  const { config, access, clock, log, house, bus } = context;
  const endpointUrl = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  const tracing = endpointUrl ? await createTracing({ endpoint: endpointUrl, version: house.version, log }) : noTracing;
  const seen = createGraphSeen({ clock, metrics: metrics.graph, tracing });
  const composer = createComposer();
  const limits = { seconds: config.STEADING_APP_GRAPH_SECONDS, maxBytes: config.STEADING_APP_GRAPH_MAX_BYTES };
  const apps = createAppGraph({ context, edgeId, addressOf, limits });
  const endpoint = createGraphEndpoint(context, {
    settings: graphSettingsOf(config),
    documents: createKnownDocuments(webRoot, clock, log),
    subscriptions: {
      perCaller: config.STEADING_SUBSCRIPTIONS_PER_CALLER,
      inAll: config.STEADING_SUBSCRIPTIONS,
    },
    compose: withKnownComposition(knownFile, composer.compose),
    seen,
    bus,
    mayShowPlan: async (caller: Caller) => access.require(caller, 'platform.admin', 'platform'),
    call: apps.call((service, operation, asked) => context.doors.graph(service, operation, asked)),
    onChange: ({ subgraphs }) => {
      metrics.graph.supergraph(subgraphs.some(({ source, state }) => source === servicesSource && state !== 'serving'));
      apps.statusChanged();
    },
  });
  const subgraph = createStatusGraph({
    log,
    access,
    gateway: `${hostname()} ${process.pid}`,
    startedMs: clock.now(),
    status: () => endpoint.subgraphs.status,
    slowest: (first) => seen.slowest(first),
  });
  return {
    ...endpoint,
    subgraph,
    async start() {
      await endpoint.start();
      await apps.start(endpoint);
    },
    async stop() {
      await apps.stop();
      await endpoint.stop();
      await composer.stop();
      await tracing.stop();
    },
  };
}
