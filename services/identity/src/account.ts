import { TokenRevoked } from '@steading/contracts/identity-events';
import { type Caller, kitErrors } from '@steading/kit';
import { audit } from '#src/audit.ts';
import { endSessions, renewSession, type StartedSession } from '#src/browser-sessions.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { passwordResetsWriter } from '#src/password-resets-db.ts';
import { checkNewPassword } from '#src/passwords.ts';
import { type PersonRow, personOf, principalOf } from '#src/people.ts';
import { peopleReader, peopleWriter } from '#src/people-db.ts';
import { tokensReader } from '#src/tokens-db.ts';

/** The person who asks through a browser. What decides over the account itself is not for tokens. */
export function inBrowser(caller: Caller): { personId: string; session: string } {
  const personId = requirePerson(caller);
  if (caller.session === undefined) throw fail('identity.browser-only');
  return { personId, session: caller.session };
}

/** The person who asks, in a browser or by a token that may do all they may. */
export function unnarrowed(caller: Caller): string {
  const personId = requirePerson(caller);
  if (caller.scopes !== undefined) throw fail('identity.browser-only');
  return personId;
}

export function requirePerson(caller: Caller): string {
  const personId = personOf(caller);
  if (personId === undefined) throw kitErrors('unauthenticated');
  return personId;
}

/** Checks the current password, sets the next, and gives a new session in the place of all that there were. */
export async function changePassword(
  deps: IdentityDeps,
  caller: Caller,
  input: { current: string; next: string },
): Promise<StartedSession> {
  const { personId } = inBrowser(caller);
  await deps.limits.take('own-password', personId);
  const person = await mustFind(deps, personId);
  if (!(await deps.hasher.verify(person.password_hash, input.current))) throw fail('identity.wrong-password');
  checkNewPassword(input.next, person, deps.commonPasswords);
  const passwordHash = await deps.hasher.hash(input.next);
  return deps.db.write(async (tx) => {
    await peopleWriter(tx).setPassword(personId, passwordHash);
    await passwordResetsWriter(tx).removeOf(personId);
    const made = await renewSession(deps, tx, caller, personId);
    const after = { session: made.id };
    await audit(deps.bus, tx, caller, { action: 'password-changed', target: person.name, after });
    return made;
  });
}

export async function changeName(deps: IdentityDeps, caller: Caller, name: string): Promise<PersonRow> {
  const personId = unnarrowed(caller);
  const person = await mustFind(deps, personId);
  await deps.db.write(async (tx) => {
    await peopleWriter(tx).setName(personId, name);
    await deps.people.changed(tx, caller, personId);
    const change = { before: { name: person.name }, after: { name } };
    await audit(deps.bus, tx, caller, { action: 'name-changed', target: name, ...change });
  });
  return { ...person, name };
}

/** Ends what the person has open and refuses new sign-ins; their tokens sleep until they are reactivated. */
export async function suspend(deps: IdentityDeps, caller: Caller, personId: string): Promise<PersonRow> {
  if (personOf(caller) === personId) throw fail('identity.yourself');
  const person = await mustFind(deps, personId);
  await deps.db.write(async (tx) => {
    if (!(await peopleWriter(tx).setState(personId, 'active', 'suspended'))) return;
    await deps.people.changed(tx, caller, personId);
    await passwordResetsWriter(tx).removeOf(personId);
    await endSessions(deps, tx, caller, personId);
    for (const token of await tokensReader(tx).ofPerson(personId, new Date(deps.clock.now()))) {
      const data = { tokenId: token.id, principal: principalOf(personId) };
      await deps.bus.emit(tx, TokenRevoked, { key: token.id, caller, data });
    }
    await audit(deps.bus, tx, caller, { action: 'person-suspended', target: person.name });
  });
  return mustFind(deps, personId);
}

export async function reactivate(deps: IdentityDeps, caller: Caller, personId: string): Promise<PersonRow> {
  const person = await mustFind(deps, personId);
  await deps.db.write(async (tx) => {
    if (!(await peopleWriter(tx).setState(personId, 'suspended', 'active'))) return;
    await deps.people.changed(tx, caller, personId);
    await audit(deps.bus, tx, caller, { action: 'person-reactivated', target: person.name });
  });
  return mustFind(deps, personId);
}

export async function mustFind(deps: IdentityDeps, personId: string): Promise<PersonRow> {
  const person = await peopleReader(deps.db).byId(personId);
  if (!person || person.state === 'deleted') throw kitErrors('not-found', { kind: 'person' });
  return person;
}
