import type { ForestOp, Role } from '@steading/forest';
import type { Caller } from '@steading/kit';
import type { ForestDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { ofKind, rolesOf } from '#src/graph/access-node.ts';

/**
 * Opens or seals a node. Whoever seals it keeps the role by which they may grant there, no more and no longer than
 * they had it: otherwise nobody might be left inside. Somebody who may grant for good must be inside afterwards.
 */
export function inheritOps(deps: ForestDeps, caller: Caller, node: string, inherit: string): ForestOp[] {
  if (inherit !== 'sealed' && inherit !== 'open') throw fail('forest.inherit');
  if (inherit === 'open') return [{ op: 'inherit', node, inherit }];
  const able = deps.access.whoCan(ofKind(deps, node, 'grant'), node);
  const isInside = (holder: (typeof able)[number]) => holder.from === node && isRole(holder.role);
  const own = able.filter((holder) => holder.principal === caller.principal && isRole(holder.role));
  const order = rolesOf(deps, node);
  const [kept] = own.sort(
    (a, b) =>
      (a.until === undefined ? 0 : 1) - (b.until === undefined ? 0 : 1) ||
      order.indexOf(a.role as Role) - order.indexOf(b.role as Role),
  );
  const stays = able.some((holder) => isInside(holder) && holder.until === undefined);
  if (!stays && (kept === undefined || kept.until !== undefined)) throw fail('forest.last-owner');
  const keep: ForestOp[] =
    kept && !own.some(isInside)
      ? [{ op: 'grant', node, principal: caller.principal, role: kept.role as Role, until: kept.until ?? null }]
      : [];
  return [...keep, { op: 'inherit', node, inherit }];
}

function isRole(role: string): boolean {
  return role !== 'break-glass';
}
