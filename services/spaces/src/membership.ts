import type { Writer } from '@steading/db';
import { type Caller, kitErrors } from '@steading/kit';
import { audit } from '#src/audit.ts';
import { checkRoleChange, type MemberRole, mayAssign, strongest } from '#src/communities.ts';
import type { SpacesDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { tellForest } from '#src/forest-telling.ts';
import { invitationsWriter } from '#src/invitations-db.ts';
import { type MemberRow, membersReader, membersWriter } from '#src/members-db.ts';
import { type SpaceRow, spacesWriter } from '#src/spaces-db.ts';

/*
 * Every change of who takes part locks the space and those above it, outermost first: limits and the last owner are
 * counted by one at a time.
 */

export function requirePerson(caller: Caller): string {
  if (caller.kind !== 'user') throw kitErrors('unauthenticated');
  return caller.principal.slice('user:'.length);
}

/** A person whom no token narrows: what decides where they belong is not for a token made for something else. */
export function requireWholePerson(caller: Caller): string {
  if (caller.scopes !== undefined)
    throw kitErrors('forbidden', { why: 'A narrowed token does not answer for a person.' });
  return requirePerson(caller);
}

export interface Change {
  readonly personId: string;
  readonly to: MemberRole;
  /** What the trail calls it. */
  readonly action: string;
}

/** Inside a transaction, the caller checked: gives somebody a role. */
export async function putMember(
  deps: SpacesDeps,
  tx: Writer,
  caller: Caller,
  spaceId: string,
  change: Change,
): Promise<MemberRow> {
  const { space, above } = await lockSpace(tx, spaceId);
  const members = membersWriter(tx);
  const { personId, to } = change;
  const now = new Date(deps.clock.now());
  if (above && !(await members.one(above.id, personId))) throw fail('spaces.not-member-above', { name: above.name });
  const from = (await members.one(spaceId, personId))?.role;
  checkRoleChange({ space, counts: await members.counts(spaceId), from, to });
  const row = await members.put(spaceId, personId, to, now);
  await invitationsWriter(tx).closeOf(spaceId, personId, now);
  await members.noteUntold(spaceId, personId);
  const before = from && { before: { role: from } };
  await audit(deps.bus, tx, caller, {
    spaceId,
    action: change.action,
    target: personId,
    ...before,
    after: { role: to },
  });
  return row;
}

export async function lockSpace(tx: Writer, spaceId: string): Promise<{ space: SpaceRow; above?: SpaceRow }> {
  const path = await spacesWriter(tx).lockPath(spaceId);
  const space = path.at(-1);
  if (!space) throw kitErrors('not-found', { kind: 'space' });
  const above = path.at(-2);
  return above ? { space, above } : { space };
}

/** How far the caller's word goes in a space: their role there or, where it is open to above, in those above. */
export async function rankOf(
  deps: SpacesDeps,
  tx: Writer,
  caller: Caller,
  spaceId: string,
): Promise<MemberRole | undefined> {
  if (caller.kind === 'service') return 'owner';
  const path = await spacesWriter(tx).lockPath(spaceId);
  const sealedAt = path.findLastIndex((space) => space.level > 1 && space.privacy === 'private');
  const reaching = path.slice(Math.max(0, sealedAt)).map((space) => space.id);
  const rows = caller.kind === 'user' ? await membersReader(tx).rolesOf(requirePerson(caller), reaching) : [];
  const granted = deps.access.can(caller, 'space.grant', spaceId) ? 'admin' : undefined;
  return strongest([granted, ...rows.map((row) => row.role)]);
}

/** Gives somebody who takes part another role. The caller needs to outrank both. */
export async function setRole(
  deps: SpacesDeps,
  caller: Caller,
  spaceId: string,
  change: { personId: string; role: MemberRole },
): Promise<MemberRow> {
  const row = await deps.db.write(async (tx) => {
    const rank = await rankOf(deps, tx, caller, spaceId);
    const member = await membersReader(tx).one(spaceId, change.personId);
    if (!member) throw fail('spaces.not-a-member');
    for (const role of [member.role, change.role]) {
      if (!mayAssign(rank, role)) throw fail('spaces.role-above-yours', { role });
    }
    return putMember(deps, tx, caller, spaceId, { personId: change.personId, to: change.role, action: 'role-changed' });
  });
  await tellForest(deps, caller, [spaceId]);
  return row;
}

/** Takes somebody out of a space and of everything below it; oneself too: then it is leaving. */
export async function removeMember(deps: SpacesDeps, caller: Caller, spaceId: string, personId: string): Promise<void> {
  const leaves = caller.principal === `user:${personId}`;
  const left: string[] = [];
  await deps.db.write(async (tx) => {
    left.length = 0;
    await lockSpace(tx, spaceId);
    const members = membersWriter(tx);
    const member = await members.one(spaceId, personId);
    if (!member) throw fail('spaces.not-a-member');
    if (!leaves && !mayAssign(await rankOf(deps, tx, caller, spaceId), member.role))
      throw fail('spaces.role-above-yours', { role: member.role });
    for (const space of (await spacesWriter(tx).lockBelow(spaceId)).reverse()) {
      const here = await members.one(space.id, personId);
      if (!here) continue;
      checkRoleChange({ space, counts: await members.counts(space.id), from: here.role, to: undefined });
      await members.remove(space.id, personId);
      await members.noteUntold(space.id, personId);
      left.push(space.id);
      const action = leaves ? 'member-left' : 'member-removed';
      await audit(deps.bus, tx, caller, { spaceId: space.id, action, target: personId, before: { role: here.role } });
    }
  });
  await tellForest(deps, caller, left);
}

/** Walks into a space that is open. */
export async function joinSpace(deps: SpacesDeps, caller: Caller, spaceId: string): Promise<SpaceRow> {
  const personId = requireWholePerson(caller);
  const joined = await deps.db.write(async (tx) => {
    const { space } = await lockSpace(tx, spaceId);
    if (space.membership !== 'open') throw fail('spaces.not-open');
    requireActive(space);
    if (await membersReader(tx).one(spaceId, personId)) throw fail('spaces.already-member');
    await putMember(deps, tx, caller, spaceId, { personId, to: 'member', action: 'member-joined' });
    return space;
  });
  await tellForest(deps, caller, [spaceId]);
  return joined;
}

export function requireActive(space: SpaceRow): void {
  if (space.visibility === 'archived' || space.visibility === 'inactive')
    throw fail('spaces.not-active', { visibility: space.visibility });
}
