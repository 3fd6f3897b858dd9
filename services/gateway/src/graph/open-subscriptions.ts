import type { Caller } from '@steading/kit';
import { graphFail } from '#src/graph/graph-errors.ts';

export interface SubscriptionLimits {
  /** Of one person, program, or, for who is not signed in, address. */
  readonly perCaller: number;
  readonly inAll: number;
}

/** How many subscriptions are open, and whose. */
export interface OpenSubscriptions {
  /** Counts one until the signal aborts; throws where it would be one too many. */
  take(caller: Caller, signal: AbortSignal): void;
  readonly count: number;
}

export function createOpenSubscriptions(limits: SubscriptionLimits): OpenSubscriptions {
  const byCaller = new Map<string, number>();
  let count = 0;

  return {
    take(caller, signal) {
      const key = caller.kind === 'anonymous' ? `address ${caller.address ?? ''}` : caller.principal;
      const own = byCaller.get(key) ?? 0;
      if (own >= limits.perCaller) throw graphFail('gateway.too-many-subscriptions', { limit: limits.perCaller });
      if (count >= limits.inAll) throw graphFail('gateway.subscriptions-full', { limit: limits.inAll });
      if (signal.aborted) return;
      byCaller.set(key, own + 1);
      count++;
      const give = () => {
        const left = byCaller.get(key)! - 1;
        if (left > 0) byCaller.set(key, left);
        else byCaller.delete(key);
        count--;
      };
      signal.addEventListener('abort', give, { once: true });
    },
    get count() {
      return count;
    },
  };
}
