import type { GraphContext, GraphExecutorOptions } from '@steading/graph';
import type { CallTracing } from '#src/graph/seen/tracing.ts';

/** One call of a subgraph, in milliseconds since the operation began. */
export interface SeenCall {
  readonly subgraph: string;
  readonly startMs: number;
  readonly ms: number;
  readonly errors: number;
  /** Only where the plan is to be shown. */
  readonly operation?: Parameters<GraphExecutorOptions['call']>[1];
}

/** What is noted of a request while it runs. */
export interface SeenRequest {
  readonly startedAt: number;
  readonly calls: SeenCall[];
  readonly keepsOperations: boolean;
  readonly tracing: CallTracing | undefined;
}

/** The executor hands the context on to each call of a subgraph; this is how a call finds its request. */
export interface SeenContext extends GraphContext {
  readonly seen: SeenRequest;
}

/** Notes how long each call took: two readings of the clock and one small object for each. */
export function seeingCalls(call: GraphExecutorOptions['call']): GraphExecutorOptions['call'] {
  return (service, operation, context) => {
    const { seen } = context as Partial<SeenContext>;
    if (!seen) return call(service, operation, context);
    const begun = performance.now();
    const span = seen.tracing?.begin(service);
    const note = (errors: number) => {
      const made = { subgraph: service, startMs: begun - seen.startedAt, ms: performance.now() - begun, errors };
      seen.calls.push(seen.keepsOperations ? { ...made, operation } : made);
      span?.end(errors);
    };
    const asked = span ? { ...context, traceparent: span.traceparent } : context;
    try {
      const result = call(service, operation, asked);
      if (!(result instanceof Promise)) {
        note(result.errors?.length ?? 0);
        return result;
      }
      return result.then(
        (answer) => {
          note(answer.errors?.length ?? 0);
          return answer;
        },
        (error: unknown) => {
          note(1);
          throw error;
        },
      );
    } catch (error) {
      note(1);
      throw error;
    }
  };
}
