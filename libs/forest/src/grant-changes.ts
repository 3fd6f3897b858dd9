import { type ChangeLookups, forGood, type Undo, type Undos } from '#src/change-lookups.ts';
import { type ForestState, hereOnly } from '#src/forest.ts';
import { roleNumber } from '#src/kind-table.ts';
import type { ForestOp } from '#src/ops.ts';
import { ForestRefusal } from '#src/refusal.ts';

type Op<Name extends ForestOp['op']> = Extract<ForestOp, { op: Name }>;

/** Giving and taking back roles. */
export function createGrantChanges(state: ForestState, { nodeOf, principalOf }: ChangeLookups) {
  const { nodes, principals, grants } = state;

  function grant(op: Op<'grant'>, undos: Undos): void {
    const node = nodeOf(op.node);
    const role = roleNumber(op.role);
    if (role === -1) throw new ForestRefusal('unknown-role', `${String(op.role).slice(0, 40)} is no role.`);
    const principal = principalOf(op.principal);
    const data = op.cascade === false ? role | hereOnly : role;
    const until = op.until ?? forGood;
    const known = grants.find(node, principal, role);
    if (known === -1) {
      grants.add(node, principal, data, until);
      undos?.push(removing(node, principal, role));
      return;
    }
    undos?.push(restoring(node, principal, grants.data(known), grants.until(known)));
    grants.change(known, data, until);
  }

  function revoke(op: Op<'revoke'>, undos: Undos): void {
    const [node, principal, role] = [nodes.find(op.node), principals.find(op.principal), roleNumber(op.role)];
    const row = node === -1 || principal === -1 ? -1 : grants.find(node, principal, role);
    if (row === -1) return;
    undos?.push(restoring(node, principal, grants.data(row), grants.until(row)));
    grants.remove(row);
  }

  function removing(node: number, principal: number, role: number): Undo {
    return () => grants.remove(grants.find(node, principal, role));
  }

  function restoring(node: number, principal: number, data: number, until: number): Undo {
    return () => {
      const row = grants.find(node, principal, data & ~hereOnly);
      if (row === -1) grants.add(node, principal, data, until);
      else grants.change(row, data, until);
    };
  }

  return { grant, revoke };
}
