import { create } from '@bufbuild/protobuf';
import { GetPeopleRequestSchema, IdentityService } from '@steading/contracts/rpc/identity';
import type { Role } from '@steading/forest';
import type { Caller } from '@steading/kit';
import { as } from '@steading/rpc';
import { checkPrivileges } from '#src/checked-operations.ts';
import type { ForestDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { ofKind, rolesOf } from '#src/graph/access-node.ts';

const longestReason = 500;

/** The role, when it means something on this node. */
export function checkRole(deps: ForestDeps, node: string, role: string): Role {
  const known = rolesOf(deps, node);
  const found = known.find((each) => each === role);
  if (!found) throw fail('forest.unknown-role', { role: role.slice(0, 40), roles: known.join(', ') });
  return found;
}

/** A role is what it allows: whoever gives or takes it must be allowed all of that. */
export function checkNotMore(deps: ForestDeps, caller: Caller, node: string, role: string): void {
  const allowed = deps.access
    .privilegesOf(deps.access.node(node)?.kind ?? '')
    .filter((info) => info.roles.includes(role));
  if (!allowed.every((info) => deps.access.can(caller, info.name, node))) throw fail('forest.more-than-own', { role });
}

export function checkReason(reason: string): string {
  const text = reason.trim();
  if (text === '' || text.length > longestReason) throw fail('forest.reason');
  return text;
}

/** Privileges of any kind, since a block reaches everything below. */
export function checkBlocked(deps: ForestDeps, privileges: readonly string[]): void {
  checkPrivileges(
    deps.catalogue.flatMap((service) => service.kinds ?? []),
    privileges,
  );
}

/** Whether a block of these takes away the right to grant on this node. */
export function takesGrant(deps: ForestDeps, node: string, privileges: readonly string[]): boolean {
  const grant = ofKind(deps, node, 'grant');
  return privileges.some((each) => each === '*' || each === grant || each === ofKind(deps, node, '*'));
}

/**
 * Somebody besides this person (or besides this role of theirs) must still be able to grant here, and for good: what
 * runs out, as broken glass does, is nobody who stays.
 */
export function checkSomebodyStays(deps: ForestDeps, node: string, personId: string, role?: string): void {
  const lasting = deps.access.whoCan(ofKind(deps, node, 'grant'), node).filter((holder) => holder.until === undefined);
  const lost = lasting.filter(
    (holder) =>
      holder.principal === `user:${personId}` &&
      (role === undefined || (holder.role === role && holder.from === node && holder.group === undefined)),
  );
  if (lost.length > 0 && lost.length === lasting.length) throw fail('forest.last-owner');
}

export function checkEnd(deps: ForestDeps, until: Date | string | number | null | undefined): number | null {
  if (until === null || until === undefined) return null;
  const end = new Date(until).getTime();
  if (!(end > deps.clock.now())) throw fail('forest.past');
  return end;
}

export async function checkPerson(deps: ForestDeps, caller: Caller, personId: string): Promise<void> {
  const { people } = await deps.rpc
    .client(IdentityService)
    .getPeople(create(GetPeopleRequestSchema, { ids: [personId] }), as(caller));
  if (people.length === 0) throw fail('forest.unknown-person');
}
