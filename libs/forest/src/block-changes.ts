import { type ChangeLookups, forGood, type Undos } from '#src/change-lookups.ts';
import type { ForestState } from '#src/forest.ts';
import type { ForestOp } from '#src/ops.ts';

type Op<Name extends ForestOp['op']> = Extract<ForestOp, { op: Name }>;

const longestReason = 500;

/** What goes past roles: blocks, and glass that is broken for a time. */
export function createBlockChanges(state: ForestState, { nodeOf, principalOf }: ChangeLookups) {
  const { nodes, principals, blocks, glass } = state;

  function block(op: Op<'block'>, undos: Undos): void {
    const [node, principal] = [nodeOf(op.node), principalOf(op.principal)];
    const known = blocks.rows.find(node, principal, 0);
    const before = known === -1 ? undefined : { content: blocks.content(known), until: blocks.rows.until(known) };
    const content = { privileges: [...op.privileges], reason: op.reason.slice(0, longestReason) };
    blocks.put(node, principal, content, op.until ?? forGood);
    undos?.push(() =>
      before
        ? blocks.put(node, principal, before.content, before.until)
        : blocks.remove(blocks.rows.find(node, principal, 0)),
    );
  }

  function unblock(op: Op<'unblock'>, undos: Undos): void {
    const [node, principal] = [nodes.find(op.node), principals.find(op.principal)];
    const row = node === -1 || principal === -1 ? -1 : blocks.rows.find(node, principal, 0);
    if (row === -1) return;
    const [content, until] = [blocks.content(row), blocks.rows.until(row)];
    blocks.remove(row);
    undos?.push(() => blocks.put(node, principal, content, until));
  }

  function breakGlass(op: Op<'break-glass'>, undos: Undos): void {
    const [node, principal] = [nodeOf(op.node), principalOf(op.principal)];
    const known = glass.find(node, principal, 0);
    const before = known === -1 ? undefined : glass.until(known);
    if (known === -1) glass.add(node, principal, 0, op.until);
    else glass.change(known, 0, op.until);
    undos?.push(() => {
      const row = glass.find(node, principal, 0);
      if (before === undefined) glass.remove(row);
      else glass.change(row, 0, before);
    });
  }

  function mendGlass(op: Op<'mend-glass'>, undos: Undos): void {
    const [node, principal] = [nodes.find(op.node), principals.find(op.principal)];
    const row = node === -1 || principal === -1 ? -1 : glass.find(node, principal, 0);
    if (row === -1) return;
    const until = glass.until(row);
    glass.remove(row);
    undos?.push(() => void glass.add(node, principal, 0, until));
  }

  return { block, unblock, breakGlass, mendGlass };
}
