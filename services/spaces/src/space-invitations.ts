import type { Writer } from '@steading/db';
import { type Caller, kitErrors, newId } from '@steading/kit';
import { as } from '@steading/rpc';
import { audit } from '#src/audit.ts';
import { type MemberRole, mayAssign } from '#src/communities.ts';
import type { SpacesDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { tellForest } from '#src/forest-telling.ts';
import { type InvitationRow, invitationsReader, invitationsWriter } from '#src/invitations-db.ts';
import { membersReader } from '#src/members-db.ts';
import { lockSpace, putMember, rankOf, requireActive, requirePerson, requireWholePerson } from '#src/membership.ts';
import { mustFind } from '#src/space-life.ts';
import { type SpaceRow, spacesReader } from '#src/spaces-db.ts';

const mostOpen = 500;

export interface InviteInput {
  readonly email: string;
  readonly role: MemberRole;
}

export type Invited = InvitationRow & {
  /** For somebody without an account, where the house sends no mail: the inviter hands it on. */
  readonly link?: string;
};

/** Invites by address: a person who is registered answers here; anybody else registers first, and lands in the space. */
export async function invite(deps: SpacesDeps, caller: Caller, spaceId: string, input: InviteInput): Promise<Invited> {
  const found = await deps.identity.findByEmail({ email: input.email }, as(caller));
  const personId = found.person?.id ?? null;
  const { invitation, space } = await deps.db.write((tx) => insert(deps, tx, caller, { spaceId, personId, ...input }));
  if (personId !== null) {
    await tellInvited(deps, caller, personId, space);
    return invitation;
  }
  try {
    const returnPath = `/s/${space.name_id}`;
    const request = { email: input.email, toWhat: `the space ${space.name}`, returnPath };
    const answer = await deps.identity.inviteToRegister(request, as(caller, { timeoutMs: 20_000 }));
    return answer.link === '' ? invitation : { ...invitation, link: answer.link };
  } catch (error) {
    await deps.db.write((tx) => invitationsWriter(tx).answer(invitation.id, 'withdrawn', new Date(deps.clock.now())));
    throw error;
  }
}

async function tellInvited(deps: SpacesDeps, caller: Caller, personId: string, space: SpaceRow): Promise<void> {
  const subject = `You are invited to ${space.name}`;
  const text = `You are invited to the space ${space.name}. Sign in to answer: the invitation stands on your home page.\n`;
  try {
    await deps.identity.sendMail({ toUserId: personId, subject, text }, as(caller));
  } catch (error) {
    deps.log.warn({ err: error, space: space.id }, 'an invitation stands, but its mail was not taken');
  }
}

async function insert(
  deps: SpacesDeps,
  tx: Writer,
  caller: Caller,
  one: InviteInput & { spaceId: string; personId: string | null },
): Promise<{ invitation: InvitationRow; space: SpaceRow }> {
  const { space, above } = await lockSpace(tx, one.spaceId);
  requireActive(space);
  if (!mayAssign(await rankOf(deps, tx, caller, one.spaceId), one.role))
    throw fail('spaces.role-above-yours', { role: one.role });
  const members = membersReader(tx);
  if (one.personId !== null && (await members.one(one.spaceId, one.personId))) throw fail('spaces.already-member');
  if (above && !(one.personId !== null && (await members.one(above.id, one.personId))))
    throw fail('spaces.not-member-above', { name: above.name });
  const invitations = invitationsWriter(tx);
  if ((await invitations.countOpen(one.spaceId)) >= mostOpen)
    throw fail('spaces.too-many-invitations', { most: mostOpen });
  const now = new Date(deps.clock.now());
  const invitation = await invitations.insert({ ...one, id: newId('spi'), by: requirePerson(caller), now });
  if (!invitation) throw fail('spaces.already-invited');
  const { spaceId, email, role } = one;
  await audit(deps.bus, tx, caller, { spaceId, action: 'member-invited', target: email, after: { role } });
  return { invitation, space };
}

/** The one to whom it was sent takes part from now on. */
export async function accept(deps: SpacesDeps, caller: Caller, id: string): Promise<SpaceRow> {
  const invitation = await mine(deps, caller, id);
  const personId = requireWholePerson(caller);
  await deps.db.write((tx) => acceptFor(deps, tx, caller, invitation, personId));
  await tellForest(deps, caller, [invitation.space_id]);
  return mustFind(deps, invitation.space_id);
}

/** Inside a transaction. Where the person has a role already, a weaker one takes nothing from them. */
export async function acceptFor(
  deps: SpacesDeps,
  tx: Writer,
  caller: Caller,
  invitation: InvitationRow,
  personId: string,
): Promise<void> {
  const spaceId = invitation.space_id;
  requireActive((await lockSpace(tx, spaceId)).space);
  const answered = await invitationsWriter(tx).answer(invitation.id, 'accepted', new Date(deps.clock.now()));
  if (!answered) throw fail('spaces.invitation-gone');
  if (await membersReader(tx).one(spaceId, personId)) return;
  await putMember(deps, tx, caller, spaceId, { personId, to: invitation.role, action: 'member-joined' });
}

export async function reject(deps: SpacesDeps, caller: Caller, id: string): Promise<void> {
  const invitation = await mine(deps, caller, id);
  await close(deps, caller, invitation, { state: 'rejected', action: 'invitation-rejected' });
}

/** The caller has been checked for the space. */
export async function withdraw(deps: SpacesDeps, caller: Caller, invitation: InvitationRow): Promise<void> {
  await close(deps, caller, invitation, { state: 'withdrawn', action: 'invitation-withdrawn' });
}

function close(
  deps: SpacesDeps,
  caller: Caller,
  invitation: InvitationRow,
  how: { state: 'rejected' | 'withdrawn'; action: string },
): Promise<void> {
  return deps.db.write(async (tx) => {
    const closed = await invitationsWriter(tx).answer(invitation.id, how.state, new Date(deps.clock.now()));
    if (!closed) throw fail('spaces.invitation-gone');
    const note = { spaceId: invitation.space_id, action: how.action, target: invitation.email };
    await audit(deps.bus, tx, caller, note);
  });
}

/** An invitation of somebody else does not exist. */
async function mine(deps: SpacesDeps, caller: Caller, id: string): Promise<InvitationRow> {
  const personId = requireWholePerson(caller);
  const found = await invitationsReader(deps.db).byId(id);
  if (!found || found.person_id !== personId) throw kitErrors('not-found', { kind: 'invitation' });
  if (found.state !== 'invited') throw fail('spaces.invitation-gone');
  return found;
}

/** The invitation with the space it stands in, for those who manage it. */
export async function findInvitation(deps: SpacesDeps, id: string): Promise<InvitationRow> {
  const found = await invitationsReader(deps.db).byId(id);
  if (!found || !(await spacesReader(deps.db).byId(found.space_id)))
    throw kitErrors('not-found', { kind: 'invitation' });
  return found;
}
