import { PersonRegistered } from '@steading/contracts/identity-events';
import type { Writer } from '@steading/db';
import { type Caller, newId } from '@steading/kit';
import { audit } from '#src/audit.ts';
import { type StartedSession, startSession } from '#src/browser-sessions.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { emailInput, nameInput } from '#src/input.ts';
import { addInvitedPerson } from '#src/invitations.ts';
import { invitationsWriter } from '#src/invitations-db.ts';
import type { ProviderClaims } from '#src/oidc/flow.ts';
import { oidcWriter } from '#src/oidc/oidc-db.ts';
import { becoming, mayLinkByEmail, type PersonRow, personOf } from '#src/people.ts';
import { peopleWriter } from '#src/people-db.ts';

/**
 * Signs in whoever a provider vouches for: the person linked to that account there; else the person with that address,
 * if the provider has verified it and this house has too; else, where they were invited or the provider may register,
 * a new one.
 */
export async function signInByProvider(
  deps: IdentityDeps,
  caller: Caller,
  claims: ProviderClaims,
): Promise<StartedSession> {
  return deps.db.write(async (tx) => {
    const linked = await oidcWriter(tx).linked(claims.provider.id, claims.subject);
    const people = peopleWriter(tx);
    const person = linked ? await people.byId(linked.person_id) : await link(deps, tx, caller, claims);
    if (person?.state !== 'active') throw fail('identity.suspended');
    const how = `provider ${claims.provider.id}`;
    return startSession(deps, tx, caller, { personId: person.id, name: person.name, how });
  });
}

async function link(
  deps: IdentityDeps,
  tx: Writer,
  caller: Caller,
  claims: ProviderClaims,
): Promise<PersonRow | undefined> {
  const email = emailInput.safeParse(claims.email);
  if (!claims.emailVerified || !email.success) throw fail('identity.provider-email-unverified');
  const people = peopleWriter(tx);
  const known = await people.byEmail(email.data);
  if (known && !mayLinkByEmail(known) && personOf(caller) !== known.id) throw fail('identity.provider-not-linked');
  const personId = known?.id ?? (await addPerson(deps, tx, caller, claims, email.data));
  const now = new Date(deps.clock.now());
  const provider = claims.provider.id;
  await oidcWriter(tx).link({ provider, subject: claims.subject, personId, email: email.data, now });
  if (known && !mayLinkByEmail(known)) await people.setProof(known.id, 'provider');
  const person = await people.byId(personId);
  const target = person?.name ?? personId;
  await audit(deps.bus, tx, becoming(caller, personId), { action: 'provider-linked', target, after: { provider } });
  return person;
}

async function addPerson(
  deps: IdentityDeps,
  tx: Writer,
  caller: Caller,
  claims: ProviderClaims,
  email: string,
): Promise<string> {
  const now = new Date(deps.clock.now());
  const personId = newId('usr');
  const readName = nameInput.safeParse(claims.name.slice(0, 100));
  const name = readName.success ? readName.data : email.split('@')[0]!;
  const invitation = await invitationsWriter(tx).openByEmail(email, now);
  if (invitation && deps.registration !== 'closed') {
    await addInvitedPerson(deps, tx, caller, { personId, name, passwordHash: null, invitation, proof: 'provider' });
    return personId;
  }
  if (!claims.provider.allowRegistration) throw fail('identity.provider-no-account');
  const one = { id: personId, name, email, proof: 'provider', passwordHash: null, now } as const;
  if (!(await peopleWriter(tx).insert(one))) throw fail('identity.email-taken');
  const person = becoming(caller, personId);
  const data = { userId: personId, name, email, emailVerified: true };
  await deps.bus.emit(tx, PersonRegistered, { key: personId, caller: person, data });
  await audit(deps.bus, tx, person, { action: 'registered', target: name, after: { provider: claims.provider.id } });
  return personId;
}
