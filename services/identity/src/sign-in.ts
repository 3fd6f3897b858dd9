import type { Caller } from '@steading/kit';
import { addressBucket } from '@steading/limits';
import { audit } from '#src/audit.ts';
import { type StartedSession, startSession } from '#src/browser-sessions.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { afterFailure, lockAfter, waitBeforeTry } from '#src/lockout.ts';
import { failuresWriter } from '#src/lockout-db.ts';
import { emailKey, principalOf } from '#src/people.ts';
import { peopleReader } from '#src/people-db.ts';
import { sha256 } from '#src/random-tokens.ts';

export interface SignedIn extends StartedSession {
  readonly person: { readonly id: string; readonly name: string };
}

/**
 * E-mail address and password. Whether there is such an account shows neither in the answer nor in the time: an unknown
 * address is locked like a known one, and a password is hashed for it too. Each try is counted as wrong before it is
 * checked, so that a hundred at once count as a hundred.
 */
export async function signIn(
  deps: IdentityDeps,
  caller: Caller,
  input: { email: string; password: string },
): Promise<SignedIn> {
  await deps.limits.take('sign-in', addressBucket(caller.address));
  const subject = sha256(emailKey(input.email));
  const failures = await countTry(deps, subject);
  const person = await peopleReader(deps.db).byEmail(input.email);
  const matches = await deps.hasher.verify(person?.password_hash, input.password);
  if (!person || !matches) {
    const locked = failures >= lockAfter;
    await deps.db.write((tx) =>
      audit(deps.bus, tx, caller, {
        action: locked ? 'sign-in-locked' : 'sign-in-failed',
        target: person ? principalOf(person.id) : 'an unknown address',
        result: 'failed',
      }),
    );
    throw fail('identity.wrong-credentials');
  }
  if (person.state !== 'active') throw fail('identity.suspended');
  const session = await deps.db.write(async (tx) => {
    await failuresWriter(tx).clear(subject);
    return startSession(deps, tx, caller, { personId: person.id, name: person.name, how: 'password' });
  });
  return { ...session, person: { id: person.id, name: person.name } };
}

/** Counts a try; throws where none is taken now. Gives how many are counted. */
async function countTry(deps: IdentityDeps, subject: Buffer): Promise<number> {
  const counted = await deps.db.write(async (tx) => {
    const failures = failuresWriter(tx);
    const now = deps.clock.now();
    const earlier = await failures.lock(subject);
    const waitMs = waitBeforeTry(earlier, now);
    if (waitMs > 0) return { waitMs };
    const next = afterFailure(earlier, now);
    await failures.write(subject, next);
    return { waitMs: 0, failures: next.failures };
  });
  if (counted.waitMs > 0) throw fail('identity.locked', { seconds: Math.ceil(counted.waitMs / 1000) });
  return counted.failures ?? 0;
}
