import type { ServiceContext } from '@steading/service';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { addEventMetrics } from '#src/event-metrics.ts';
import { createGraphMetrics, type GraphMetrics } from '#src/graph/seen/graph-metrics.ts';

export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  houseRequest(method: string, route: string, status: number, ms: number): void;
  edgeRequest(app: string, status: number, ms: number): void;
  edgeRetry(app: string): void;
  /** A limit of the door refused or ended something. */
  refused(reason: string): void;
  sockets(namespace: string, change: 1 | -1): void;
  readonly graph: GraphMetrics;
  /** Answers of the GraphQL endpoint that stay open. */
  graphStreams(change: 1 | -1): void;
  stop(): void;
}

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * What this process measures: itself, requests on the house's side, requests of apps, open live connections; and how far
 * the house's listeners are, where `lag` says so.
 */
export function createMetrics(lag?: ServiceContext['lag']): Metrics {
  const registry = new Registry();
  const registers = [registry];
  // The lag is sampled by a timer: a hundred times a second, the default, costs more at rest than the rest of the house together.
  collectDefaultMetrics({ register: registry, prefix: 'steading_', eventLoopMonitoringPrecision: 250 });
  const house = new Histogram({
    name: 'steading_house_request_seconds',
    help: 'Requests on the house side, by route and status class.',
    labelNames: ['method', 'route', 'status'],
    buckets,
    registers,
  });
  const edge = new Histogram({
    name: 'steading_edge_request_seconds',
    help: 'Requests to apps, by status class.',
    labelNames: ['app', 'status'],
    buckets,
    registers,
  });
  const errors = new Counter({
    name: 'steading_edge_errors_total',
    help: 'Requests to apps that were answered with 5xx.',
    labelNames: ['app'],
    registers,
  });
  const retries = new Counter({
    name: 'steading_edge_retries_total',
    help: 'Second tries of requests to apps.',
    labelNames: ['app'],
    registers,
  });
  const refusals = new Counter({
    name: 'steading_door_refused_total',
    help: 'Connections and requests that a limit of the door refused or ended, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const open = new Gauge({
    name: 'steading_live_sockets',
    help: 'Open live connections.',
    labelNames: ['namespace'],
    registers,
  });
  if (lag) addEventMetrics(registry, lag);
  const streams = new Gauge({ name: 'steading_graph_streams', help: 'Open GraphQL event streams.', registers });

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    houseRequest: (method, route, status, ms) => house.observe({ method, route, status: group(status) }, ms / 1000),
    edgeRequest(app, status, ms) {
      edge.observe({ app, status: group(status) }, ms / 1000);
      if (status >= 500) errors.inc({ app });
    },
    edgeRetry: (app) => retries.inc({ app }),
    refused: (reason) => refusals.inc({ reason }),
    sockets: (namespace, change) => open.inc({ namespace }, change),
    graph: createGraphMetrics(registry),
    graphStreams: (change) => streams.inc(change),
    stop: () => registry.clear(),
  };
}

function group(status: number): string {
  return `${Math.floor(status / 100)}xx`;
}
