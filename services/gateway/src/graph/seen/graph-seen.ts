import type { Clock } from '@steading/kit';
import type { GraphQLError } from 'graphql';
import type { NamedDocument } from '#src/graph/operation-check.ts';
import { type GraphMetrics, noGraphMetrics } from '#src/graph/seen/graph-metrics.ts';
import { createOperationTimes, type OperationTimes } from '#src/graph/seen/operation-times.ts';
import type { SeenRequest } from '#src/graph/seen/seen-request.ts';
import { noTracing, type Tracing } from '#src/graph/seen/tracing.ts';

export interface EndedOperation {
  /** Undefined where the document was refused. */
  readonly document: NamedDocument | undefined;
  readonly errors: readonly GraphQLError[];
}

/** Everything that is noted of operations: metrics, traces, and the list of the slow ones. */
export interface GraphSeen {
  begin(traceparent: string | undefined, keepsOperations: boolean): SeenRequest;
  end(seen: SeenRequest, ended: EndedOperation): void;
  /** For a subscription: stays for as long as it does, without a trace. */
  beginStream(): SeenRequest;
  /** An event of a subscription was answered. */
  event(seen: SeenRequest, errors: readonly GraphQLError[]): void;
  slowest(first: number): readonly OperationTimes[];
}

export interface GraphSeenOptions {
  readonly clock: Clock;
  readonly metrics?: GraphMetrics | undefined;
  readonly tracing?: Tracing | undefined;
}

export function createGraphSeen({ clock, metrics = noGraphMetrics, tracing = noTracing }: GraphSeenOptions): GraphSeen {
  const times = createOperationTimes();
  const codesOf = (errors: readonly GraphQLError[]) =>
    errors.map(({ extensions }) => String(extensions.code ?? 'internal'));
  return {
    begin: (traceparent, keepsOperations) => ({
      startedAt: performance.now(),
      calls: [],
      keepsOperations,
      tracing: tracing.begin(traceparent),
    }),
    end({ startedAt, calls, tracing: trace }, { document, errors }) {
      const ms = performance.now() - startedAt;
      const codes = codesOf(errors);
      for (const code of codes) metrics.error(code);
      const { hash = 'refused', name = 'refused', known = false } = document ?? {};
      trace?.end({ name, hash, errors: codes });
      if (!document) return;
      metrics.operation(known ? name : 'other', ms);
      for (const call of calls) metrics.call(call.subgraph, call.ms);
      times.note({ hash, name, known, ms, errors: errors.length, at: clock.now(), calls });
    },
    beginStream: () => ({ startedAt: performance.now(), calls: [], keepsOperations: false, tracing: undefined }),
    event({ calls }, errors) {
      metrics.event();
      for (const code of codesOf(errors)) metrics.error(code);
      for (const call of calls.splice(0)) metrics.call(call.subgraph, call.ms);
    },
    slowest: (first) => times.slowest(first),
  };
}
