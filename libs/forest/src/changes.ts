import type { ForestState } from '#src/forest.ts';
import { hereOnly } from '#src/forest.ts';
import { roleNumber } from '#src/kind-table.ts';
import { maxDepth } from '#src/node-table.ts';
import type { ForestOp, NodeRecord } from '#src/ops.ts';
import { isPrincipal, maxGroupDepth } from '#src/principals.ts';
import { ForestRefusal } from '#src/refusal.ts';
import { groupOps, subtreeOps } from '#src/snapshot.ts';

/** Makes changes, all of a list or none: each leaves behind how to take it back. */
export interface Changes {
  apply(ops: readonly ForestOp[]): void;
}

type Undo = () => void;

const forGood = Number.POSITIVE_INFINITY;
const groupShape = /^group:[A-Za-z0-9][A-Za-z0-9_.-]{0,119}$/;
const idShape = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}$/;
const longestName = 200;

export function createChanges(state: ForestState): Changes {
  const { kinds, nodes, principals, grants, owners, blocks, glass, nodeOfGroup, groupsOfNode } = state;

  const nodeOf = (id: string): number => {
    const node = nodes.find(id);
    if (node === -1) throw new ForestRefusal('unknown-node', `There is no node ${id} in the forest.`);
    return node;
  };
  const principalOf = (text: string): number => {
    if (!isPrincipal(text))
      throw new ForestRefusal(
        'bad-principal',
        `${text.slice(0, 80)} is no principal: write user:…, service-account:…, edge:…, group:…, signed-in or anyone.`,
      );
    if (text.startsWith('group:') && principals.groupName(principals.find(text)) === undefined)
      throw new ForestRefusal('unknown-group', `There is no group ${text}. Make it first.`);
    return principals.intern(text);
  };

  function plant(node: NodeRecord): Undo {
    if (!idShape.test(node.id)) throw new ForestRefusal('bad-id', `${node.id.slice(0, 80)} is no id.`);
    const parent = node.parent === null ? -1 : nodeOf(node.parent);
    const known = nodes.find(node.id);
    if (known !== -1) {
      if (kinds.get(nodes.kind(known)).name === node.kind && nodes.parent(known) === parent) return () => {};
      throw new ForestRefusal('conflict', `${node.id} is planted already, elsewhere or as another kind.`);
    }
    if (nodes.depth(parent) + 1 > maxDepth)
      throw new ForestRefusal('too-deep', `The forest is at most ${maxDepth} levels deep.`);
    const owner = node.owner === null ? -1 : principalOf(node.owner);
    const found = kinds.find(node.kind);
    const made = nodes.add(
      node.id,
      node.name.slice(0, longestName),
      found === -1 ? kinds.keepUnknown(node.kind) : found,
      parent,
    );
    nodes.seal(made, node.inherit === 'sealed');
    setOwner(made, owner);
    return () => {
      setOwner(made, -1);
      nodes.remove(made);
    };
  }

  function setOwner(node: number, owner: number): void {
    const before = nodes.owner(node);
    if (before === owner) return;
    if (before !== -1) owners.remove(owners.find(node, before, 0));
    if (owner !== -1) owners.add(node, owner, 0, forGood);
    nodes.own(node, owner);
  }

  function removeSubtree(id: string, isLast: boolean): Undo {
    const top = nodes.find(id);
    if (top === -1) return () => {};
    const back = isLast ? [] : [...subtreeOps(state, top)];
    const doomed = nodes.subtree(top);
    for (const node of doomed) {
      setOwner(node, -1);
      for (const table of [grants, glass])
        for (let row = table.firstOfA(node); row !== -1; row = table.firstOfA(node)) table.remove(row);
      for (let row = blocks.rows.firstOfA(node); row !== -1; row = blocks.rows.firstOfA(node)) blocks.remove(row);
      for (const group of [...(groupsOfNode.get(node) ?? [])]) dropGroup(group);
      groupsOfNode.delete(node);
    }
    for (const node of doomed.reverse()) nodes.remove(node);
    return () => replay(back);
  }

  function move(id: string, to: string | null): Undo {
    const node = nodeOf(id);
    const parent = to === null ? -1 : nodeOf(to);
    const before = nodes.parent(node);
    if (parent !== -1 && nodes.isWithin(parent, node))
      throw new ForestRefusal('cycle', `${id} cannot be moved below itself.`);
    if (!nodes.fits(node, parent))
      throw new ForestRefusal('too-deep', `The forest is at most ${maxDepth} levels deep.`);
    nodes.move(node, parent);
    return () => nodes.move(node, before);
  }

  function grant(op: Extract<ForestOp, { op: 'grant' }>): Undo {
    const node = nodeOf(op.node);
    const role = roleNumber(op.role);
    if (role === -1) throw new ForestRefusal('unknown-role', `${op.role} is no role.`);
    const principal = principalOf(op.principal);
    const data = op.cascade === false ? role | hereOnly : role;
    const until = op.until ?? forGood;
    const known = grants.find(node, principal, role);
    if (known === -1) {
      grants.add(node, principal, data, until);
      return () => grants.remove(grants.find(node, principal, role));
    }
    const [dataBefore, untilBefore] = [grants.data(known), grants.until(known)];
    grants.change(known, data, until);
    return () => grants.change(grants.find(node, principal, role), dataBefore, untilBefore);
  }

  function revoke(op: Extract<ForestOp, { op: 'revoke' }>): Undo {
    const [node, principal, role] = [nodes.find(op.node), principals.find(op.principal), roleNumber(op.role)];
    const row = node === -1 || principal === -1 ? -1 : grants.find(node, principal, role);
    if (row === -1) return () => {};
    const [data, until] = [grants.data(row), grants.until(row)];
    grants.remove(row);
    return () => void grants.add(node, principal, data, until);
  }

  function block(op: Extract<ForestOp, { op: 'block' }>): Undo {
    const [node, principal] = [nodeOf(op.node), principalOf(op.principal)];
    const known = blocks.rows.find(node, principal, 0);
    const before = known === -1 ? undefined : { content: blocks.content(known), until: blocks.rows.until(known) };
    blocks.put(
      node,
      principal,
      { privileges: [...op.privileges], reason: op.reason.slice(0, 500) },
      op.until ?? forGood,
    );
    return () =>
      before
        ? blocks.put(node, principal, before.content, before.until)
        : blocks.remove(blocks.rows.find(node, principal, 0));
  }

  function unblock(nodeId: string, who: string): Undo {
    const [node, principal] = [nodes.find(nodeId), principals.find(who)];
    const row = node === -1 || principal === -1 ? -1 : blocks.rows.find(node, principal, 0);
    if (row === -1) return () => {};
    const [content, until] = [blocks.content(row), blocks.rows.until(row)];
    blocks.remove(row);
    return () => blocks.put(node, principal, content, until);
  }

  function breakGlass(nodeId: string, who: string, until: number): Undo {
    const [node, principal] = [nodeOf(nodeId), principalOf(who)];
    const known = glass.find(node, principal, 0);
    const before = known === -1 ? undefined : glass.until(known);
    if (known === -1) glass.add(node, principal, 0, until);
    else glass.change(known, 0, until);
    return () =>
      before === undefined
        ? glass.remove(glass.find(node, principal, 0))
        : glass.change(glass.find(node, principal, 0), 0, before);
  }

  function mendGlass(nodeId: string, who: string): Undo {
    const [node, principal] = [nodes.find(nodeId), principals.find(who)];
    const row = node === -1 || principal === -1 ? -1 : glass.find(node, principal, 0);
    if (row === -1) return () => {};
    const until = glass.until(row);
    glass.remove(row);
    return () => void glass.add(node, principal, 0, until);
  }

  function makeGroup(op: Extract<ForestOp, { op: 'group' }>): Undo {
    if (!groupShape.test(op.group))
      throw new ForestRefusal('bad-principal', `${op.group.slice(0, 80)} is no group: write group:….`);
    const node = op.node === null ? -1 : nodeOf(op.node);
    const group = principals.intern(op.group);
    const before = principals.groupName(group);
    if (before !== undefined && nodeOfGroup.get(group) !== node)
      throw new ForestRefusal('conflict', `${op.group} belongs to another node already.`);
    principals.nameGroup(group, op.name.slice(0, longestName));
    tie(group, node);
    return () => {
      principals.nameGroup(group, before);
      if (before === undefined) untie(group);
    };
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

  function removeGroup(name: string): Undo {
    const group = principals.find(name);
    if (group === -1 || principals.groupName(group) === undefined) return () => {};
    const back = [...groupOps(state, group)];
    dropGroup(group);
    return () => replay(back);
  }

  function join(op: Extract<ForestOp, { op: 'join' }>): Undo {
    const [group, member] = [principalOf(op.group), principalOf(op.principal)];
    if (principals.groupName(group) === undefined)
      throw new ForestRefusal('unknown-group', `There is no group ${op.group}. Make it first.`);
    const { members } = principals;
    if (principals.groupName(member) !== undefined) {
      if (principals.isWithin(group, member))
        throw new ForestRefusal(
          'cycle',
          `${op.principal} cannot join ${op.group}: it would become a member of itself.`,
        );
      if (principals.chain(group, member) > maxGroupDepth)
        throw new ForestRefusal('too-deep', `Groups stand in groups at most ${maxGroupDepth} deep.`);
    }
    const known = members.find(group, member, 0);
    const until = op.until ?? forGood;
    if (known === -1) {
      members.add(group, member, 0, until);
      return () => members.remove(members.find(group, member, 0));
    }
    const before = members.until(known);
    members.change(known, 0, until);
    return () => members.change(members.find(group, member, 0), 0, before);
  }

  function leave(op: Extract<ForestOp, { op: 'leave' }>): Undo {
    const { members } = principals;
    const [group, member] = [principals.find(op.group), principals.find(op.principal)];
    const row = group === -1 || member === -1 ? -1 : members.find(group, member, 0);
    if (row === -1) return () => {};
    const until = members.until(row);
    members.remove(row);
    return () => void members.add(group, member, 0, until);
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

  function change(op: ForestOp, isLast = false): Undo {
    switch (op.op) {
      case 'plant':
        return plant(op.node);
      case 'remove':
        return removeSubtree(op.node, isLast);
      case 'move':
        return move(op.node, op.parent);
      case 'rename': {
        const node = nodeOf(op.node);
        const before = nodes.name(node);
        nodes.rename(node, op.name.slice(0, longestName));
        return () => nodes.rename(node, before);
      }
      case 'inherit': {
        const node = nodeOf(op.node);
        const before = nodes.sealed(node);
        nodes.seal(node, op.inherit === 'sealed');
        return () => nodes.seal(node, before);
      }
      case 'own': {
        const node = nodeOf(op.node);
        const before = nodes.owner(node);
        setOwner(node, op.owner === null ? -1 : principalOf(op.owner));
        return () => setOwner(node, before);
      }
      case 'grant':
        return grant(op);
      case 'revoke':
        return revoke(op);
      case 'block':
        return block(op);
      case 'unblock':
        return unblock(op.node, op.principal);
      case 'break-glass':
        return breakGlass(op.node, op.principal, op.until);
      case 'mend-glass':
        return mendGlass(op.node, op.principal);
      case 'group':
        return makeGroup(op);
      case 'remove-group':
        return removeGroup(op.group);
      case 'join':
        return join(op);
      case 'leave':
        return leave(op);
    }
  }

  function replay(ops: readonly ForestOp[]): void {
    for (const op of ops) change(op);
  }

  return {
    apply(ops) {
      const undo: Undo[] = [];
      try {
        // The last change of a list is never taken back: a subtree that goes alone need not be remembered.
        for (const [index, op] of ops.entries()) undo.push(change(op, index === ops.length - 1));
      } catch (error) {
        for (const back of undo.reverse()) back();
        throw error;
      }
    },
  };
}
