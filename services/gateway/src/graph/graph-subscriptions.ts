import { createLoaders, type GraphExecutor } from '@steading/graph';
import { type Caller, kitErrors, type Log } from '@steading/kit';
import { eventHeaders } from '#src/graph/event-stream.ts';
import { tellAnswers } from '#src/graph/graph-events.ts';
import type { GraphEndpointAnswer } from '#src/graph/graph-shown.ts';
import { createOpenSubscriptions, type SubscriptionLimits } from '#src/graph/open-subscriptions.ts';
import type { GraphSeen } from '#src/graph/seen/graph-seen.ts';
import type { SeenContext } from '#src/graph/seen/seen-request.ts';
import { withDeadline } from '#src/graph/with-deadline.ts';

/** The subscriptions that are open in this process. */
export interface GraphSubscriptions {
  open(asked: Parameters<GraphExecutor['subscribe']>[0], asker: Asker): Promise<GraphEndpointAnswer>;
  /** Ends all of them: their readers come again, to the next process. */
  close(): void;
}

interface Asker {
  readonly caller: Caller;
  readonly signal: AbortSignal;
}

export interface GraphSubscriptionsOptions {
  readonly limits: SubscriptionLimits;
  readonly subscribe: GraphExecutor['subscribe'];
  readonly log: Log;
  readonly seen: GraphSeen;
}

export function createGraphSubscriptions({
  limits,
  subscribe,
  log,
  seen,
}: GraphSubscriptionsOptions): GraphSubscriptions {
  const subscriptions = createOpenSubscriptions(limits);
  const closing = new AbortController();
  return {
    async open(asked, { caller, signal }) {
      const failed = new AbortController();
      const until = AbortSignal.any([signal, closing.signal, failed.signal]);
      try {
        subscriptions.take(caller, until);
        const context: SeenContext = {
          caller,
          signal: until,
          loaders: createLoaders(),
          noteRevision: () => {},
          seen: seen.beginStream(),
        };
        const answers = await withDeadline(until, () => subscribe(asked, context));
        return {
          status: 200,
          headers: eventHeaders,
          body: '',
          events: tellAnswers({
            ...{ answers, caller, signal: until, log },
            onAnswer: ({ errors }) => seen.event(context.seen, errors),
          }),
        };
      } catch (error) {
        failed.abort();
        throw error;
      }
    },
    close: () => closing.abort(kitErrors('unavailable', { what: 'The house' })),
  };
}
