import type { Caller } from '@steading/kit';
import { addressBucket, type Limits, type Taken } from '@steading/limits';

/** Counts requests: of the house as a whole, whichever of its gateways they come to. */
export interface RequestLimits {
  /** Counts for the address alone: where nobody is known yet. */
  takeAddress(address: string): Taken;
  take(request: { path: string; method: string; address: string; caller: Caller }): Taken;
}

export interface LimitSettings {
  readonly limits: Limits;
  readonly signInPerMinute: number;
  readonly requestsPerMinute: number;
  readonly addressPerMinute: number;
}

const signInPaths = /^\/auth\/(sign-in|setup|register|forgot|reset|device\/start)$/;

export function createRequestLimits(settings: LimitSettings): RequestLimits {
  const perMinute = (name: string, points: number) =>
    settings.limits.limit({ name: `gateway.${name}`, points, seconds: 60 });
  const signIn = perMinute('sign-in', settings.signInPerMinute);
  const byCaller = perMinute('caller', settings.requestsPerMinute);
  const byAddress = perMinute('address', settings.addressPerMinute);

  return {
    takeAddress: (address) => byAddress.takeNow(addressBucket(address)),
    take({ path, method, address, caller }) {
      const whole = byAddress.takeNow(addressBucket(address));
      if (!whole.allowed) return whole;
      if (method === 'POST' && signInPaths.test(path)) return signIn.takeNow(addressBucket(address));
      return caller.kind === 'anonymous' ? whole : byCaller.takeNow(caller.principal);
    },
  };
}
