import type { Role } from '@steading/forest';
import { fail } from '#src/errors.ts';

/** The roles of people in a space, from most to least; each is a group in the forest. */
export const memberRoles = [
  'owner',
  'admin',
  'lead',
  'developer',
  'member',
  'guest',
] as const satisfies readonly Role[];
export type MemberRole = (typeof memberRoles)[number];
export type RoleCounts = Readonly<Partial<Record<MemberRole, number>>>;

export const topLevel = 1;
export const deepestLevel = 3;

/** How many may hold a role. Absent: any number. */
export function mostOf(role: MemberRole, level: number): number | undefined {
  if (role === 'admin') return 3;
  if (role === 'lead') return level === topLevel ? 2 : 9;
  return undefined;
}

/**
 * Throws where somebody's role must not change so. `undefined` is no role: `from` for who is new, `to` for who goes.
 * `counts` are those before the change.
 */
export function checkRoleChange(change: {
  readonly space: { readonly name: string; readonly level: number };
  readonly counts: RoleCounts;
  readonly from: MemberRole | undefined;
  readonly to: MemberRole | undefined;
}): void {
  const { space, counts, from, to } = change;
  if (from === to) return;
  if (from === 'owner' && (counts.owner ?? 0) <= 1) throw fail('spaces.last-owner', { name: space.name });
  if (to === undefined) return;
  const most = mostOf(to, space.level);
  if (most !== undefined && (counts[to] ?? 0) >= most) throw fail('spaces.role-full', { role: to, most });
}

/** Whether somebody of this rank may give or take a role: nobody reaches above themselves, a lead not even beside. */
export function mayAssign(rank: MemberRole | undefined, role: MemberRole): boolean {
  if (rank === 'owner') return true;
  if (rank === 'admin') return role !== 'owner';
  if (rank === 'lead') return role === 'developer' || role === 'member' || role === 'guest';
  return false;
}

export function strongest(roles: readonly (MemberRole | undefined)[]): MemberRole | undefined {
  return memberRoles.find((role) => roles.includes(role));
}

/** `group:spc_….lead` */
export function groupOf(spaceId: string, role: MemberRole): string {
  return `group:${spaceId}.${role}`;
}
