/**
 * Traces of operations, as OpenTelemetry has them: a span for the operation, one for each call of a subgraph, and the
 * W3C `traceparent` on the way to other processes. The SDK is loaded only where a collector is configured: it takes
 * 19 MB of memory and a fifth of a second. Without it, a `traceparent` that came in is passed on as it is.
 */
import type { Span, Tracer } from '@opentelemetry/api';
import type { Log } from '@steading/kit';

export interface CallSpan {
  readonly traceparent: string;
  end(errors: number): void;
}

/** One operation's trace. */
export interface CallTracing {
  begin(subgraph: string): CallSpan;
  end(told: { readonly name: string; readonly hash: string; readonly errors: readonly string[] }): void;
}

export interface Tracing {
  /** Undefined where nothing is recorded of this one. */
  begin(traceparent: string | undefined): CallTracing | undefined;
  stop(): Promise<void>;
}

export const noTracing: Tracing = { begin: () => undefined, stop: async () => {} };

/** `00-<trace>-<parent>-<flags>`; https://www.w3.org/TR/trace-context/. */
const form = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** What came in, if it is a trace context. */
export const readTraceparent = (header: unknown): string | undefined =>
  typeof header === 'string' && form.test(header) ? header : undefined;

export interface TracingOptions {
  /** `http://collector:4318`. */
  readonly endpoint: string;
  readonly version: string;
  readonly log: Log;
}

export async function createTracing({ endpoint, version, log }: TracingOptions): Promise<Tracing> {
  const [api, { BatchSpanProcessor, TracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const exporter = new OTLPTraceExporter({ url: new URL('/v1/traces', endpoint).href, timeoutMillis: 5_000 });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'steading-gateway', 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: 2_048, scheduledDelayMillis: 2_000 })],
  });
  return {
    begin: (traceparent) => beginOperation(api, provider.getTracer('steading.graph', version), traceparent),
    async stop() {
      await provider.shutdown().catch((error: unknown) => log.warn({ err: error }, 'the last traces were not sent'));
    },
  };
}

type Api = typeof import('@opentelemetry/api');

function beginOperation(api: Api, tracer: Tracer, traceparent: string | undefined): CallTracing {
  const root = tracer.startSpan('graphql', { kind: api.SpanKind.SERVER }, contextOf(api, traceparent));
  const within = api.trace.setSpan(api.ROOT_CONTEXT, root);
  const close = (span: Span, failed: boolean) => {
    if (failed) span.setStatus({ code: api.SpanStatusCode.ERROR });
    span.end();
  };
  return {
    begin(subgraph) {
      const attributes = { 'graphql.subgraph.name': subgraph };
      const span = tracer.startSpan(`subgraph ${subgraph}`, { kind: api.SpanKind.CLIENT, attributes }, within);
      return { traceparent: traceparentOf(span), end: (errors) => close(span, errors > 0) };
    },
    end({ name, hash, errors }) {
      root.updateName(`graphql ${name}`);
      root.setAttributes({ 'graphql.operation.name': name, 'graphql.document.sha256': hash });
      if (errors.length > 0) root.setAttribute('graphql.errors', [...errors]);
      close(root, errors.length > 0);
    },
  };
}

function contextOf(api: Api, traceparent: string | undefined) {
  const [, traceId, spanId, flags] = form.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId) return api.ROOT_CONTEXT;
  const remote = { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16) & 1, isRemote: true };
  return api.trace.setSpanContext(api.ROOT_CONTEXT, remote);
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
