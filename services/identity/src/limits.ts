import { kitErrors } from '@steading/kit';
import type { Limits as HouseLimits } from '@steading/limits';

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

/**
 * Counts what one address or person does, in all processes of the house. Exactly: most of it is guessing, and costs more
 * than the question how often it was done.
 */
export interface Limits {
  /** Throws `too-many-requests` where `who` has done this too often. */
  take(rule: keyof typeof rules, who: string): Promise<void>;
}

export function createLimits(limits: HouseLimits): Limits {
  const counters = new Map(
    Object.entries(rules).map(([name, { points, duration }]) => [
      name,
      limits.limit({ name: `identity.${name}`, points, seconds: duration, exact: true }),
    ]),
  );
  return {
    async take(rule, who) {
      const { allowed, resetSeconds } = await counters.get(rule)!.take(who);
      if (!allowed) throw kitErrors('too-many-requests', { seconds: resetSeconds });
    },
  };
}
