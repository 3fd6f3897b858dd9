import { privilege, type SubgraphBuilder } from '@steading/graph';
import type { ForestDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { type addAccessNode, ofKind } from '#src/graph/access-node.ts';
import {
  checkBlocked,
  checkEnd,
  checkNotMore,
  checkPerson,
  checkReason,
  checkRole,
  checkSomebodyStays,
  takesGrant,
} from '#src/graph/change-rules.ts';
import type { Change } from '#src/graph/changes.ts';
import { inheritOps } from '#src/graph/seal.ts';

type Node = ReturnType<typeof addAccessNode>;

/** Changing who may do what on one node. Nobody gives or takes more than they have, and somebody can always grant. */
export function addGrants(builder: SubgraphBuilder, deps: ForestDeps, change: Change, Node: Node): void {
  addRoles(builder, deps, change, Node);
  addBlocks(builder, deps, change, Node);
  builder.mutationFields((t) => ({
    setInherit: t.field({
      type: Node,
      args: { nodeId: t.arg.id({ required: true }), inherit: t.arg.string({ required: true }) },
      access: granters(deps),
      async resolve(_, { nodeId, inherit }, context) {
        const ops = inheritOps(deps, context.caller, nodeId, inherit);
        return change(context, nodeId, ops, inherit === 'sealed' ? 'forest.sealed' : 'forest.opened', { inherit });
      },
    }),
  }));
}

function granters(deps: ForestDeps) {
  return (args: { nodeId: string }) => privilege(ofKind(deps, args.nodeId, 'grant'), args.nodeId);
}

function addRoles(builder: SubgraphBuilder, deps: ForestDeps, change: Change, Node: Node): void {
  builder.mutationFields((t) => {
    const args = {
      nodeId: t.arg.id({ required: true }),
      personId: t.arg.id({ required: true }),
      role: t.arg.string({ required: true }),
    };
    return {
      grantAccess: t.field({
        type: Node,
        args: { ...args, until: t.arg({ type: 'DateTime' }) },
        access: granters(deps),
        async resolve(_, { nodeId, personId, role: wanted, until }, context) {
          const role = checkRole(deps, nodeId, wanted);
          checkNotMore(deps, context.caller, nodeId, role);
          await checkPerson(deps, context.caller, personId);
          const end = checkEnd(deps, until);
          // An end takes the place of none: the last owner for good would be one who goes.
          if (end !== null) checkSomebodyStays(deps, nodeId, personId, role);
          return change(
            context,
            nodeId,
            [{ op: 'grant', node: nodeId, principal: `user:${personId}`, role, until: end }],
            'forest.granted',
            { person: personId, role, until: end },
          );
        },
      }),
      revokeAccess: t.field({
        type: Node,
        args,
        access: granters(deps),
        async resolve(_, { nodeId, personId, role: wanted }, context) {
          const role = checkRole(deps, nodeId, wanted);
          checkNotMore(deps, context.caller, nodeId, role);
          checkSomebodyStays(deps, nodeId, personId, role);
          return change(
            context,
            nodeId,
            [{ op: 'revoke', node: nodeId, principal: `user:${personId}`, role }],
            'forest.revoked',
            { person: personId, role },
          );
        },
      }),
    };
  });
}

function addBlocks(builder: SubgraphBuilder, deps: ForestDeps, change: Change, Node: Node): void {
  builder.mutationFields((t) => {
    const person = { nodeId: t.arg.id({ required: true }), personId: t.arg.id({ required: true }) };
    return {
      blockAccess: t.field({
        type: Node,
        args: {
          ...person,
          privileges: t.arg.stringList({ required: true }),
          until: t.arg({ type: 'DateTime' }),
          reason: t.arg.string({ required: true }),
        },
        access: granters(deps),
        async resolve(_, { nodeId, personId, privileges, until, reason: given }, context) {
          const reason = checkReason(given);
          checkBlocked(deps, privileges);
          await checkPerson(deps, context.caller, personId);
          if (takesGrant(deps, nodeId, privileges)) checkSomebodyStays(deps, nodeId, personId);
          const end = checkEnd(deps, until);
          return change(
            context,
            nodeId,
            [{ op: 'block', node: nodeId, principal: `user:${personId}`, privileges, until: end, reason }],
            'forest.blocked',
            { person: personId, privileges, until: end, reason },
          );
        },
      }),
      unblockAccess: t.field({
        type: Node,
        args: person,
        access: granters(deps),
        async resolve(_, { nodeId, personId }, context) {
          const principal = `user:${personId}`;
          if (principal === context.caller.principal) throw fail('forest.own-block');
          return change(context, nodeId, [{ op: 'unblock', node: nodeId, principal }], 'forest.unblocked', {
            person: personId,
          });
        },
      }),
    };
  });
}
