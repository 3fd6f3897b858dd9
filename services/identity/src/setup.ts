import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PersonRegistered } from '@steading/contracts/identity-events';
import { type Caller, newId, newRequestId, serviceCaller } from '@steading/kit';
import { audit } from '#src/audit.ts';
import { type StartedSession, startSession } from '#src/browser-sessions.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { platformNode } from '#src/kinds.ts';
import { checkNewPassword } from '#src/passwords.ts';
import { becoming, principalOf } from '#src/people.ts';
import { peopleReader, peopleWriter } from '#src/people-db.ts';
import { newToken, sha256 } from '#src/random-tokens.ts';
import { isClaimed, setupWriter } from '#src/setup-db.ts';

/*
 * Nobody can claim a fresh house by being first: whoever makes the first operator has the link that the house wrote
 * into its own folder. Only the link's hash is stored; it is renewed at each start until it is claimed, once.
 */

const linkLifeMs = 24 * 3_600_000;

function linkFile(deps: IdentityDeps): string {
  return join(deps.house.dataDir, 'setup-link');
}

/** At start: a new link while there is nobody, and no file once there is somebody. */
export async function renewSetupLink(deps: IdentityDeps): Promise<void> {
  if (await isSetUp(deps)) return rm(linkFile(deps), { force: true });
  const token = newToken();
  const expires = new Date(deps.clock.now() + linkLifeMs);
  await deps.db.write((tx) => setupWriter(tx).renew(sha256(token), expires));
  await rm(linkFile(deps), { force: true });
  await writeFile(linkFile(deps), `${deps.house.publicUrl}/setup#${token}\n`, { mode: 0o600, flag: 'wx' });
  deps.log.info({ file: linkFile(deps) }, 'nobody is registered yet: the set-up link stands in this file for 24 hours');
}

export async function isSetUp(deps: IdentityDeps): Promise<boolean> {
  return (await isClaimed(deps.db)) || (await peopleReader(deps.db).anybody());
}

export interface SetupInput {
  readonly token: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

/** Makes the first operator. Of two at once, one is refused. */
export async function claimSetup(
  deps: IdentityDeps,
  caller: Caller,
  input: SetupInput,
): Promise<StartedSession & { personId: string }> {
  if (await isSetUp(deps)) throw fail('identity.already-set-up');
  checkNewPassword(input.password, input, deps.commonPasswords);
  const passwordHash = await deps.hasher.hash(input.password);
  const personId = newId('usr');
  const session = await deps.db.write(async (tx) => {
    const now = new Date(deps.clock.now());
    if (!(await setupWriter(tx).claim(sha256(input.token), now, personId))) throw await refusal(deps);
    const { name, email } = input;
    await peopleWriter(tx).insert({ id: personId, name, email, proof: 'operator', passwordHash, operator: true, now });
    const person = becoming(caller, personId);
    await deps.bus.emit(tx, PersonRegistered, {
      key: personId,
      caller: person,
      data: { userId: personId, name, email, emailVerified: true },
    });
    await audit(deps.bus, tx, person, { action: 'set-up', target: name });
    return startSession(deps, tx, caller, { personId, name, how: 'set-up link' });
  });
  await rm(linkFile(deps), { force: true });
  await grantPlatform(deps);
  return { ...session, personId };
}

async function refusal(deps: IdentityDeps) {
  return (await isClaimed(deps.db)) ? fail('identity.already-set-up') : fail('identity.setup-link-invalid');
}

/**
 * Makes those who claimed the set-up link owners of the platform. Called after the claim and by a job: a crash between
 * claim and grant is made good, and a right taken from them later is not given back.
 */
export async function grantPlatform(deps: IdentityDeps): Promise<void> {
  for (const { id } of await peopleReader(deps.db).pendingGrants()) {
    const principal = principalOf(id);
    const caller = serviceCaller('identity', newRequestId());
    await deps.access.write(caller, [{ op: 'grant', node: platformNode, principal, role: 'owner' }]);
    await deps.db.write((tx) => peopleWriter(tx).granted(id));
  }
}
