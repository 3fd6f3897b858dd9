import type { Caller } from '@steading/kit';
import { addressBucket } from '@steading/limits';
import { audit } from '#src/audit.ts';
import { endSessions } from '#src/browser-sessions.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { failuresWriter } from '#src/lockout-db.ts';
import type { Mail } from '#src/mailer.ts';
import { openReset, passwordResetsWriter } from '#src/password-resets-db.ts';
import { checkNewPassword } from '#src/passwords.ts';
import { becoming, emailKey } from '#src/people.ts';
import { peopleReader, peopleWriter } from '#src/people-db.ts';
import { newToken, sha256 } from '#src/random-tokens.ts';

const lifeMs = 3_600_000;

/**
 * Sends a link, where the address has an account. Nothing tells the asker whether it has, the time neither: nobody has
 * looked yet when this comes back.
 */
export async function askForReset(deps: IdentityDeps, caller: Caller, email: string): Promise<void> {
  await deps.limits.take('forgot', addressBucket(caller.address));
  deps.mailer.post(() => makeReset(deps, caller, email));
}

async function makeReset(deps: IdentityDeps, caller: Caller, email: string): Promise<Mail | undefined> {
  const person = await peopleReader(deps.db).byEmail(email);
  const token = newToken();
  const active = person?.state === 'active' ? person : undefined;
  await deps.db.write(async (tx) => {
    const now = deps.clock.now();
    const resets = passwordResetsWriter(tx);
    await resets.removeOf(active?.id ?? '');
    if (active) await resets.insert(sha256(token), active.id, new Date(now), new Date(now + lifeMs));
    await audit(deps.bus, tx, caller, {
      action: 'password-reset-asked',
      target: active ? active.name : 'an unknown address',
    });
  });
  if (!active) return undefined;
  return {
    to: active.email,
    subject: 'A new password',
    text: `Somebody, you hopefully, asked for a new password. Open this link within an hour to choose one:\n${deps.house.publicUrl}/reset#${token}\n\nIf it was not you, do nothing: your password stays as it is.\n`,
  };
}

/** Sets a new password by a link, once, and ends every session of the person. */
export async function resetPassword(
  deps: IdentityDeps,
  caller: Caller,
  input: { token: string; password: string },
): Promise<void> {
  await deps.limits.take('link', addressBucket(caller.address));
  const hash = sha256(input.token);
  const now = new Date(deps.clock.now());
  const open = await openReset(deps.db, hash, now);
  const person = open && (await peopleReader(deps.db).byId(open.person_id));
  if (person?.state !== 'active') throw fail('identity.reset-invalid');
  checkNewPassword(input.password, person, deps.commonPasswords);
  const passwordHash = await deps.hasher.hash(input.password);
  await deps.db.write(async (tx) => {
    const resets = passwordResetsWriter(tx);
    if (!(await resets.use(hash, now))) throw fail('identity.reset-invalid');
    await resets.removeOf(person.id);
    await peopleWriter(tx).setPassword(person.id, passwordHash);
    await failuresWriter(tx).clear(sha256(emailKey(person.email)));
    const owner = becoming(caller, person.id);
    await endSessions(deps, tx, owner, person.id);
    await audit(deps.bus, tx, owner, { action: 'password-reset', target: person.name });
  });
}
