import { kitErrors } from '@steading/kit';
import ipaddr from 'ipaddr.js';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

const minute = 60;

const rules = {
  /** Passwords and set-up tokens tried from one address. */
  'sign-in': { points: 10, duration: minute },
  /** Links opened from one address: 256 bits are not guessed, but each costs a query and perhaps a hash. */
  link: { points: 30, duration: minute },
  /** Mails asked for from one address. */
  forgot: { points: 5, duration: 10 * minute },
  'device-start': { points: 10, duration: minute },
  /** The interval of each device is kept in its row; this bounds guessing of device codes. */
  'device-poll': { points: 60, duration: minute },
  oidc: { points: 20, duration: minute },
  /** User codes tried by one person. */
  'device-code': { points: 10, duration: minute },
  /** Passwords tried by somebody who is signed in already. */
  'own-password': { points: 5, duration: 10 * minute },
  invite: { points: 60, duration: 60 * minute },
} as const;

/** Counts what one address or person does. Kept in memory: a house with several identity processes counts in each. */
export interface Limits {
  /** Throws `too-many-requests` where `who` has done this too often. */
  take(rule: keyof typeof rules, who: string): Promise<void>;
}

export function createLimits(): Limits {
  const limiters = new Map(Object.entries(rules).map(([name, rule]) => [name, new RateLimiterMemory(rule)]));
  return {
    async take(rule, who) {
      try {
        await limiters.get(rule)!.consume(who);
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        throw kitErrors('too-many-requests', { seconds: Math.max(1, Math.ceil(error.msBeforeNext / 1000)) });
      }
    },
  };
}

/** One household or host: an IPv4 address, or the /64 of an IPv6 one, which its holder can vary at will. */
export function addressBucket(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return (parsed as ipaddr.IPv6).parts.slice(0, 4).join(':');
}
