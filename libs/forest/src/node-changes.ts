import { type ChangeLookups, longestName, type Undo, type Undos } from '#src/change-lookups.ts';
import type { ForestState } from '#src/forest.ts';
import type { createGroupTies } from '#src/group-changes.ts';
import { maxDepth } from '#src/node-table.ts';
import type { ForestOp, NodeRecord } from '#src/ops.ts';
import { ForestRefusal } from '#src/refusal.ts';
import { subtreeOps } from '#src/snapshot.ts';

type Op<Name extends ForestOp['op']> = Extract<ForestOp, { op: Name }>;

const idShape = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}$/;

/** The tree itself: what stands where, whose it is, and whether roles from above reach it. */
export function createNodeChanges(
  state: ForestState,
  { nodeOf, principalOf }: ChangeLookups,
  { setOwner, dropGroup }: ReturnType<typeof createGroupTies>,
  replay: (ops: readonly ForestOp[]) => void,
) {
  const { kinds, nodes, grants, blocks, glass, groupsOfNode } = state;

  function plant({ node }: Op<'plant'>, undos: Undos): void {
    if (!idShape.test(node.id)) throw new ForestRefusal('bad-id', `${node.id.slice(0, 80)} is no id.`);
    const parent = node.parent === null ? -1 : nodeOf(node.parent);
    const known = nodes.find(node.id);
    if (known !== -1) {
      if (kinds.get(nodes.kind(known)).name === node.kind && nodes.parent(known) === parent) return;
      throw new ForestRefusal('conflict', `${node.id} is planted already, elsewhere or as another kind.`);
    }
    if (nodes.depth(parent) + 1 > maxDepth)
      throw new ForestRefusal('too-deep', `The forest is at most ${maxDepth} levels deep.`);
    const owner = node.owner === null ? -1 : principalOf(node.owner);
    const made = nodes.add(node.id, node.name.slice(0, longestName), kindOf(node), parent);
    if (node.inherit === 'sealed') nodes.seal(made, true);
    if (owner !== -1) setOwner(made, owner);
    undos?.push(unplanting(made));
  }

  function kindOf(node: NodeRecord): number {
    const found = kinds.find(node.kind);
    return found === -1 ? kinds.keepUnknown(node.kind) : found;
  }

  function unplanting(node: number): Undo {
    return () => {
      setOwner(node, -1);
      nodes.remove(node);
    };
  }

  function remove(op: Op<'remove'>, undos: Undos): void {
    const top = nodes.find(op.node);
    if (top === -1) return;
    const back = undos && [...subtreeOps(state, top)];
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
    if (back) undos.push(() => replay(back));
  }

  function move(op: Op<'move'>, undos: Undos): void {
    const node = nodeOf(op.node);
    const parent = op.parent === null ? -1 : nodeOf(op.parent);
    const before = nodes.parent(node);
    if (parent !== -1 && nodes.isWithin(parent, node))
      throw new ForestRefusal('cycle', `${op.node} cannot be moved below itself.`);
    if (!nodes.fits(node, parent))
      throw new ForestRefusal('too-deep', `The forest is at most ${maxDepth} levels deep.`);
    nodes.move(node, parent);
    undos?.push(() => nodes.move(node, before));
  }

  function rename(op: Op<'rename'>, undos: Undos): void {
    const node = nodeOf(op.node);
    const before = nodes.name(node);
    nodes.rename(node, op.name.slice(0, longestName));
    undos?.push(() => nodes.rename(node, before));
  }

  function inherit(op: Op<'inherit'>, undos: Undos): void {
    const node = nodeOf(op.node);
    const before = nodes.sealed(node);
    nodes.seal(node, op.inherit === 'sealed');
    undos?.push(() => nodes.seal(node, before));
  }

  function own(op: Op<'own'>, undos: Undos): void {
    const node = nodeOf(op.node);
    const before = nodes.owner(node);
    setOwner(node, op.owner === null ? -1 : principalOf(op.owner));
    undos?.push(() => setOwner(node, before));
  }

  return { plant, remove, move, rename, inherit, own };
}
