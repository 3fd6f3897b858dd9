import type { ForestOp } from '@steading/forest';
import type { Caller } from '@steading/kit';
import { groupOf, type MemberRole, memberRoles } from '#src/communities.ts';
import type { SpacesDeps } from '#src/deps.ts';
import { platformNode } from '#src/kinds.ts';
import { membersReader, membersWriter, type UntoldRow } from '#src/members-db.ts';
import { type SpaceRow, spacesReader } from '#src/spaces-db.ts';

/*
 * The tables say who takes part where; the forest says what that allows. Each change of a table notes in the same
 * transaction what the forest has to hear, and is told right after the commit; a job tells what a crash left untold.
 * Telling again changes nothing, and whoever tells reads once more afterwards: the last word is always the table's.
 */

const mostAtOnce = 1000;

export type SpaceShape = Pick<SpaceRow, 'id' | 'name' | 'parent_id' | 'level' | 'privacy'>;

/** Makes the node of a new space with its groups, and its first owner. Told before the row is there. */
export function plantOps(space: SpaceShape, ownerId: string): ForestOp[] {
  const { id, name, parent_id } = space;
  const ops: ForestOp[] = [
    {
      op: 'plant',
      node: { id, kind: 'space', parent: parent_id ?? platformNode, owner: null, inherit: inheritOf(space), name },
    },
  ];
  for (const role of memberRoles) {
    ops.push({ op: 'group', group: groupOf(id, role), name: groupName(role, name), node: id });
    ops.push({ op: 'grant', node: id, principal: groupOf(id, role), role });
  }
  ops.push({ op: 'join', group: groupOf(id, 'owner'), principal: `user:${ownerId}` });
  if (isOpenToAll(space)) ops.push({ op: 'grant', node: id, principal: 'signed-in', role: 'viewer' });
  return ops;
}

/** A private space below another takes nothing from it. One without a parent takes nothing from the platform anyway. */
function inheritOf(space: SpaceShape): 'open' | 'sealed' {
  return space.level > 1 && space.privacy === 'private' ? 'sealed' : 'open';
}

/** A public space below a private one is for those who see the private one: it inherits, and opens nothing itself. */
function isOpenToAll(space: SpaceShape): boolean {
  return space.level === 1 && space.privacy === 'public';
}

function groupName(role: MemberRole, space: string): string {
  return `${role}s of ${space}`;
}

export function spaceOps(id: string, space: SpaceShape | undefined): ForestOp[] {
  if (!space) return [{ op: 'remove', node: id }];
  const viewer = { node: id, principal: 'signed-in', role: 'viewer' } as const;
  return [
    { op: 'rename', node: id, name: space.name },
    { op: 'inherit', node: id, inherit: inheritOf(space) },
    isOpenToAll(space) ? { op: 'grant', ...viewer } : { op: 'revoke', ...viewer },
    ...memberRoles.map(
      (role): ForestOp => ({ op: 'group', group: groupOf(id, role), name: groupName(role, space.name), node: id }),
    ),
  ];
}

export function memberOps(spaceId: string, personId: string, role: MemberRole | undefined): ForestOp[] {
  const principal = `user:${personId}`;
  return memberRoles.map((one) => ({ op: one === role ? 'join' : 'leave', group: groupOf(spaceId, one), principal }));
}

/**
 * Tells the forest what was noted of these spaces: called after the commit that noted it. Throws where the forest
 * cannot be reached; the change stands, and the job tells it.
 */
export async function tellForest(deps: SpacesDeps, caller: Caller, spaceIds: readonly string[]): Promise<void> {
  for (const row of await membersReader(deps.db).untoldOf(spaceIds)) await tellRow(deps, caller, row);
}

/** Tells what a crash or an unreachable forest left untold, oldest first. One that fails does not hold up the rest. */
export async function tellForestAll(deps: SpacesDeps, caller: Caller): Promise<void> {
  for (const row of await membersReader(deps.db).untold(mostAtOnce)) {
    try {
      await tellRow(deps, caller, row);
    } catch (error) {
      deps.log.warn({ err: error, space: row.space_id }, 'the forest has not been told of a change; it will be again');
    }
  }
}

async function tellRow(deps: SpacesDeps, caller: Caller, row: UntoldRow): Promise<void> {
  await tellOne(deps, caller, { spaceId: row.space_id, personId: row.person_id });
  await deps.db.write((tx) => membersWriter(tx).told(row.space_id, row.person_id, row.change));
}

async function tellOne(deps: SpacesDeps, caller: Caller, what: { spaceId: string; personId: string }): Promise<void> {
  let ops = await opsNow(deps, what);
  for (let attempt = 0; attempt < 10; attempt++) {
    if (ops.length > 0) await deps.access.write(caller, ops);
    const after = await opsNow(deps, what);
    if (JSON.stringify(after) === JSON.stringify(ops)) return;
    ops = after;
  }
}

async function opsNow(deps: SpacesDeps, what: { spaceId: string; personId: string }): Promise<ForestOp[]> {
  const space = await spacesReader(deps.db).byId(what.spaceId);
  if (what.personId === '') return spaceOps(what.spaceId, space);
  if (!space) return [];
  const member = await membersReader(deps.db).one(what.spaceId, what.personId);
  return memberOps(what.spaceId, what.personId, member?.role);
}
