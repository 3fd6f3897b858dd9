import { type ChangeLookups, forGood, longestName, type Undo, type Undos } from '#src/change-lookups.ts';
import type { ForestState } from '#src/forest.ts';
import type { ForestOp } from '#src/ops.ts';
import { maxGroupDepth } from '#src/principals.ts';
import { ForestRefusal } from '#src/refusal.ts';
import { groupOps } from '#src/snapshot.ts';

type Op<Name extends ForestOp['op']> = Extract<ForestOp, { op: Name }>;

const groupShape = /^group:[A-Za-z0-9][A-Za-z0-9_.-]{0,119}$/;

/** Groups and who is in them. */
export function createGroupChanges(
  state: ForestState,
  { nodeOf, principalOf }: ChangeLookups,
  groupTies: ReturnType<typeof createGroupTies>,
  replay: (ops: readonly ForestOp[]) => void,
) {
  const { principals, nodeOfGroup } = state;
  const { members } = principals;

  function makeGroup(op: Op<'group'>, undos: Undos): void {
    if (!groupShape.test(op.group))
      throw new ForestRefusal('bad-principal', `${op.group.slice(0, 80)} is no group: write group:….`);
    const node = op.node === null ? -1 : nodeOf(op.node);
    const group = principals.intern(op.group);
    const before = principals.groupName(group);
    if (before !== undefined && nodeOfGroup.get(group) !== node)
      throw new ForestRefusal('conflict', `${op.group} belongs to another node already.`);
    principals.nameGroup(group, op.name.slice(0, longestName));
    groupTies.tie(group, node);
    undos?.push(() => {
      principals.nameGroup(group, before);
      if (before === undefined) groupTies.untie(group);
    });
  }

  function removeGroup(op: Op<'remove-group'>, undos: Undos): void {
    const group = principals.find(op.group);
    if (group === -1 || principals.groupName(group) === undefined) return;
    const back = undos && [...groupOps(state, group)];
    groupTies.dropGroup(group);
    if (back) undos.push(() => replay(back));
  }

  function join(op: Op<'join'>, undos: Undos): void {
    const [group, member] = [principalOf(op.group), principalOf(op.principal)];
    if (principals.groupName(group) === undefined)
      throw new ForestRefusal('unknown-group', `There is no group ${op.group}. Make it first.`);
    if (principals.groupName(member) !== undefined) checkNesting(op, group, member);
    const known = members.find(group, member, 0);
    const until = op.until ?? forGood;
    if (known === -1) {
      members.add(group, member, 0, until);
      undos?.push(leaving(group, member));
      return;
    }
    undos?.push(joining(group, member, members.until(known)));
    members.change(known, 0, until);
  }

  function checkNesting(op: Op<'join'>, group: number, member: number): void {
    if (principals.isWithin(group, member))
      throw new ForestRefusal('cycle', `${op.principal} cannot join ${op.group}: it would become a member of itself.`);
    if (principals.chain(group, member) > maxGroupDepth)
      throw new ForestRefusal('too-deep', `Groups stand in groups at most ${maxGroupDepth} deep.`);
  }

  function leave(op: Op<'leave'>, undos: Undos): void {
    const [group, member] = [principals.find(op.group), principals.find(op.principal)];
    const row = group === -1 || member === -1 ? -1 : members.find(group, member, 0);
    if (row === -1) return;
    undos?.push(joining(group, member, members.until(row)));
    members.remove(row);
  }

  function leaving(group: number, member: number): Undo {
    return () => members.remove(members.find(group, member, 0));
  }

  function joining(group: number, member: number, until: number): Undo {
    return () => {
      const row = members.find(group, member, 0);
      if (row === -1) members.add(group, member, 0, until);
      else members.change(row, 0, until);
    };
  }

  return { makeGroup, removeGroup, join, leave };
}

/** What ties groups and owners to nodes: dropped with whichever of the two goes first. */
export function createGroupTies(state: ForestState) {
  const { nodes, principals, grants, owners, blocks, glass, nodeOfGroup, groupsOfNode } = state;

  function setOwner(node: number, owner: number): void {
    const before = nodes.owner(node);
    if (before === owner) return;
    if (before !== -1) owners.remove(owners.find(node, before, 0));
    if (owner !== -1) owners.add(node, owner, 0, forGood);
    nodes.own(node, owner);
  }

  function tie(group: number, node: number): void {
    nodeOfGroup.set(group, node);
    if (node === -1) return;
    const groups = groupsOfNode.get(node) ?? new Set();
    groupsOfNode.set(node, groups.add(group));
  }

  function untie(group: number): void {
    groupsOfNode.get(nodeOfGroup.get(group) ?? -1)?.delete(group);
    nodeOfGroup.delete(group);
  }

  function dropGroup(group: number): void {
    const { members } = principals;
    for (let row = members.firstOfA(group); row !== -1; row = members.firstOfA(group)) members.remove(row);
    for (let row = members.firstOfB(group); row !== -1; row = members.firstOfB(group)) members.remove(row);
    for (let row = grants.firstOfB(group); row !== -1; row = grants.firstOfB(group)) grants.remove(row);
    for (let row = blocks.rows.firstOfB(group); row !== -1; row = blocks.rows.firstOfB(group)) blocks.remove(row);
    for (let row = glass.firstOfB(group); row !== -1; row = glass.firstOfB(group)) glass.remove(row);
    for (let row = owners.firstOfB(group); row !== -1; row = owners.firstOfB(group)) setOwner(owners.a(row), -1);
    principals.nameGroup(group, undefined);
    untie(group);
  }

  return { setOwner, tie, untie, dropGroup };
}
