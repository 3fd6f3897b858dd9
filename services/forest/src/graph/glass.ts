import type { SubgraphBuilder } from '@steading/graph';
import { privilege } from '@steading/graph';
import { kitErrors } from '@steading/kit';
import { longestGlassMinutes } from '#src/checked-operations.ts';
import type { ForestDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { type addAccessNode, ofKind } from '#src/graph/access-node.ts';
import { checkReason } from '#src/graph/change-rules.ts';
import type { Change } from '#src/graph/changes.ts';

const minuteMs = 60_000;

/**
 * Operators let themselves past every seal and block of a node, for a time and a reason. The node's audit trail has
 * it, and whoever may see its access sees them among the holders.
 */
export function addGlass(
  builder: SubgraphBuilder,
  deps: ForestDeps,
  change: Change,
  Node: ReturnType<typeof addAccessNode>,
): void {
  const operators = () => privilege('platform.break-glass', 'platform');
  const known = (nodeId: string) => {
    if (!deps.access.node(nodeId)) throw kitErrors('not-found', { kind: 'node' });
  };

  builder.mutationFields((t) => ({
    breakGlass: t.field({
      type: Node,
      args: {
        nodeId: t.arg.id({ required: true }),
        minutes: t.arg.int({ required: true }),
        reason: t.arg.string({ required: true }),
      },
      access: operators,
      resolve(_, { nodeId, minutes, reason }, context) {
        known(nodeId);
        if (minutes < 1 || minutes > longestGlassMinutes)
          throw fail('forest.glass-minutes', { most: longestGlassMinutes });
        const until = deps.clock.now() + minutes * minuteMs;
        const after = { reason: checkReason(reason), minutes, until: new Date(until).toISOString() };
        const { principal } = context.caller;
        return change(
          context,
          nodeId,
          [{ op: 'break-glass', node: nodeId, principal, until }],
          'forest.glass-broken',
          after,
        );
      },
    }),
    mendGlass: t.field({
      type: Node,
      args: { nodeId: t.arg.id({ required: true }) },
      access: operators,
      async resolve(_, { nodeId }, context) {
        // The answer shows the node's access: only to whoever let themselves in before.
        await deps.access.require(context.caller, ofKind(deps, nodeId, 'read-access'), nodeId);
        const { principal } = context.caller;
        return change(context, nodeId, [{ op: 'mend-glass', node: nodeId, principal }], 'forest.glass-mended', {});
      },
    }),
  }));
}
