import { PersonRegistered } from '@steading/contracts/identity-events';
import type { Writer } from '@steading/db';
import { type Caller, kitErrors, newId } from '@steading/kit';
import { addressBucket } from '@steading/limits';
import { audit } from '#src/audit.ts';
import { type StartedSession, startSession } from '#src/browser-sessions.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { type InvitationRow, invitationsReader, invitationsWriter } from '#src/invitations-db.ts';
import { platformNode } from '#src/kinds.ts';
import { checkNewPassword } from '#src/passwords.ts';
import { becoming, type EmailProof } from '#src/people.ts';
import { peopleReader, peopleWriter } from '#src/people-db.ts';
import { newToken, sha256 } from '#src/random-tokens.ts';

const lifeMs = 14 * 24 * 3_600_000;
const mostOpen = 1000;
const mostOpenOfOne = 200;

export interface InviteInput {
  readonly email: string;
  readonly toWhat: string;
  /** A path of this house. */
  readonly returnPath: string;
}

export interface Invited {
  readonly invitation: InvitationRow;
  /** Only where the mail did not leave the house: then whoever invited hands it on. */
  readonly link: string | undefined;
  readonly mailed: boolean;
}

/**
 * Invites somebody without an account. Whoever opens a link that was only mailed has the address; a link that was shown
 * proves nothing, so that then the word of the inviter stands for it (see `EmailProof`).
 */
export async function inviteToRegister(deps: IdentityDeps, caller: Caller, input: InviteInput): Promise<Invited> {
  if (deps.registration === 'closed') throw fail('identity.registration-closed');
  await deps.limits.take('invite', caller.principal);
  if (await peopleReader(deps.db).byEmail(input.email)) throw fail('identity.email-taken');
  const token = newToken();
  const byOperator = deps.access.can(caller, 'platform.invite', platformNode);
  const shown: EmailProof = byOperator ? 'operator' : 'inviter';
  const invitation = await insertInvitation(deps, caller, input, { token, proof: shown });
  const link = `${deps.house.publicUrl}/register#${token}`;
  const mailed = await deps.mailer.send({
    to: input.email,
    subject: `You are invited to ${input.toWhat}`,
    text: `You are invited to ${input.toWhat}.\n\nOpen this link within 14 days to register:\n${link}\n`,
  });
  if (!mailed && deps.mailer.configured && !byOperator) {
    await deps.db.write((tx) => invitationsWriter(tx).withdraw(invitation.id));
    throw kitErrors('unavailable', { what: 'The mail server' });
  }
  if (!mailed) return { invitation, link, mailed };
  await deps.db.write((tx) => invitationsWriter(tx).setProof(invitation.id, 'mail'));
  return { invitation, link: undefined, mailed };
}

function insertInvitation(
  deps: IdentityDeps,
  caller: Caller,
  input: InviteInput,
  secret: { token: string; proof: EmailProof },
): Promise<InvitationRow> {
  return deps.db.write(async (tx) => {
    const now = deps.clock.now();
    const invitations = invitationsWriter(tx);
    const open = await invitations.countOpen(new Date(now), caller.principal);
    if (open && open.everywhere >= mostOpen) throw fail('identity.too-many-invitations', { most: mostOpen });
    if (open && open.own >= mostOpenOfOne) throw fail('identity.too-many-invitations', { most: mostOpenOfOne });
    const row = await invitations.insert({
      id: newId('inv'),
      email: input.email,
      tokenHash: sha256(secret.token),
      toWhat: input.toWhat,
      returnPath: input.returnPath,
      by: caller.principal,
      proof: secret.proof,
      now: new Date(now),
      expires: new Date(now + lifeMs),
    });
    await audit(deps.bus, tx, caller, { action: 'invited', target: input.email });
    return row!;
  });
}

/** What a link invites to; throws where it is worth nothing. */
export async function readInvitation(deps: IdentityDeps, caller: Caller, token: string): Promise<InvitationRow> {
  await deps.limits.take('link', addressBucket(caller.address));
  const found = await invitationsReader(deps.db).openByHash(sha256(token), new Date(deps.clock.now()));
  if (!found) throw fail('identity.invitation-invalid');
  return found;
}

export interface RegisterInput {
  readonly invitation: string;
  readonly name: string;
  readonly password: string;
}

export interface Registered extends StartedSession {
  readonly person: { readonly id: string; readonly name: string };
  readonly returnPath: string;
}

/** Registers with the address that was invited, and signs in. */
export async function register(deps: IdentityDeps, caller: Caller, input: RegisterInput): Promise<Registered> {
  if (deps.registration === 'closed') throw fail('identity.registration-closed');
  const invitation = await readInvitation(deps, caller, input.invitation);
  checkNewPassword(input.password, { name: input.name, email: invitation.email }, deps.commonPasswords);
  const passwordHash = await deps.hasher.hash(input.password);
  const personId = newId('usr');
  const session = await deps.db.write(async (tx) => {
    await addInvitedPerson(deps, tx, caller, { personId, name: input.name, passwordHash, invitation });
    return startSession(deps, tx, caller, { personId, name: input.name, how: 'registration' });
  });
  return { ...session, person: { id: personId, name: input.name }, returnPath: invitation.return_path };
}

export interface InvitedPerson {
  readonly personId: string;
  readonly name: string;
  readonly passwordHash: string | null;
  readonly invitation: InvitationRow;
  /** Where something stronger than the invitation vouches for the address. */
  readonly proof?: EmailProof;
}

/** Uses an invitation up: throws where somebody else did, or where the address has an account. */
export async function addInvitedPerson(
  deps: IdentityDeps,
  tx: Writer,
  caller: Caller,
  one: InvitedPerson,
): Promise<void> {
  const now = new Date(deps.clock.now());
  const { personId, name, passwordHash, invitation } = one;
  const proof = one.proof ?? invitation.proof;
  const people = peopleWriter(tx);
  if (!(await people.insert({ id: personId, name, email: invitation.email, proof, passwordHash, now })))
    throw fail('identity.email-taken');
  if (!(await invitationsWriter(tx).accept(invitation.id, personId, now))) throw fail('identity.invitation-invalid');
  const person = becoming(caller, personId);
  await deps.bus.emit(tx, PersonRegistered, {
    key: personId,
    caller: person,
    data: { userId: personId, name, email: invitation.email, emailVerified: true },
  });
  await audit(deps.bus, tx, person, {
    action: 'registered',
    target: name,
    after: { invitedBy: invitation.invited_by },
  });
}
