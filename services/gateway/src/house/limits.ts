import type { Caller } from '@steading/kit';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

export interface LimitAnswer {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

/** Counts requests. In memory here; a house of several gateways puts a shared counter behind the same shape. */
export interface RequestLimits {
  /** Counts for the address alone: where nobody is known yet. */
  takeAddress(address: string): Promise<LimitAnswer>;
  take(request: { path: string; method: string; address: string; caller: Caller }): Promise<LimitAnswer>;
}

export interface LimitSettings {
  readonly signInPerMinute: number;
  readonly requestsPerMinute: number;
  readonly addressPerMinute: number;
}

const signInPaths = /^\/auth\/(sign-in|setup|register|forgot|reset|device\/start)$/;

export function createRequestLimits(settings: LimitSettings): RequestLimits {
  const limiter = (points: number, keyPrefix: string) => new RateLimiterMemory({ points, duration: 60, keyPrefix });
  const signIn = limiter(settings.signInPerMinute, 'sign-in');
  const byCaller = limiter(settings.requestsPerMinute, 'caller');
  const byAddress = limiter(settings.addressPerMinute, 'address');

  return {
    takeAddress: (address) => spend(byAddress, address),
    async take({ path, method, address, caller }) {
      const whole = await spend(byAddress, address);
      if (!whole.allowed) return whole;
      if (method === 'POST' && signInPaths.test(path)) return spend(signIn, address);
      return caller.kind === 'anonymous' ? whole : spend(byCaller, caller.principal);
    },
  };
}

/** The limiter rejects with its result when the points are spent, and with an Error when it cannot count. */
async function spend(limiter: RateLimiterMemory, key: string): Promise<LimitAnswer> {
  const answer = (result: RateLimiterRes, allowed: boolean): LimitAnswer => ({
    allowed,
    limit: limiter.points,
    remaining: Math.max(0, result.remainingPoints),
    resetSeconds: Math.max(1, Math.ceil(result.msBeforeNext / 1000)),
  });
  try {
    return answer(await limiter.consume(key), true);
  } catch (result) {
    if (result instanceof Error) throw result;
    return answer(result as RateLimiterRes, false);
  }
}
