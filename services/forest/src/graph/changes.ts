import { create } from '@bufbuild/protobuf';
import { GetPeopleRequestSchema, IdentityService } from '@steading/contracts/rpc/identity';
import type { ForestOp, Role } from '@steading/forest';
import { type GraphContext, privilege, type SubgraphBuilder } from '@steading/graph';
import type { Caller } from '@steading/kit';
import { as } from '@steading/rpc';
import type { ForestDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import { type addAccessNode, ofKind, rolesOf } from '#src/graph/access-node.ts';
import type { ForestStore } from '#src/store.ts';

/** Changing who may do what on one node. Nobody grants more than they have, and somebody can always grant. */
export function addChanges(
  builder: SubgraphBuilder,
  deps: ForestDeps,
  store: ForestStore,
  Node: ReturnType<typeof addAccessNode>,
): void {
  const mayGrant = (args: { nodeId: string }) => privilege(ofKind(deps, args.nodeId, 'grant'), args.nodeId);

  /** Makes the change, tells of it, and waits until this process knows it. */
  async function change(
    context: GraphContext,
    nodeId: string,
    op: ForestOp | ForestOp[],
    action: string,
    after: Record<string, unknown>,
  ): Promise<{ id: string }> {
    const { caller } = context;
    const revision = await store.write(caller, [op].flat(), [auditOf(deps, caller, nodeId, action, after)]);
    context.noteRevision(revision);
    await deps.access.waitFor(revision);
    return { id: nodeId };
  }

  builder.mutationFields((t) => {
    const person = { nodeId: t.arg.id({ required: true }), personId: t.arg.id({ required: true }) };
    return {
      grantAccess: t.field({
        type: Node,
        args: { ...person, role: t.arg.string({ required: true }), until: t.arg({ type: 'DateTime' }) },
        access: mayGrant,
        async resolve(_, { nodeId, personId, role, until }, context) {
          checkRole(deps, nodeId, role);
          checkNotMore(deps, context.caller, nodeId, role);
          await checkPerson(deps, context.caller, personId);
          const end = checkEnd(deps, until);
          const op: ForestOp = {
            op: 'grant',
            node: nodeId,
            principal: `user:${personId}`,
            role: role as Role,
            until: end,
          };
          return change(context, nodeId, op, 'forest.granted', { person: personId, role, until: end });
        },
      }),
      revokeAccess: t.field({
        type: Node,
        args: { ...person, role: t.arg.string({ required: true }) },
        access: mayGrant,
        resolve(_, { nodeId, personId, role }, context) {
          checkRole(deps, nodeId, role);
          checkNotMore(deps, context.caller, nodeId, role);
          checkSomebodyStays(deps, nodeId, personId, role);
          return change(
            context,
            nodeId,
            { op: 'revoke', node: nodeId, principal: `user:${personId}`, role: role as Role },
            'forest.revoked',
            { person: personId, role },
          );
        },
      }),
      blockAccess: t.field({
        type: Node,
        args: {
          ...person,
          privileges: t.arg.stringList({ required: true }),
          until: t.arg({ type: 'DateTime' }),
          reason: t.arg.string({ required: true }),
        },
        access: mayGrant,
        async resolve(_, { nodeId, personId, privileges, until, reason }, context) {
          if (reason.trim() === '' || reason.length > 500) throw fail('forest.reason');
          checkPrivileges(deps, nodeId, privileges);
          await checkPerson(deps, context.caller, personId);
          checkSomebodyStays(deps, nodeId, personId);
          const op: ForestOp = {
            op: 'block',
            node: nodeId,
            principal: `user:${personId}`,
            privileges,
            until: checkEnd(deps, until),
            reason,
          };
          return change(context, nodeId, op, 'forest.blocked', { person: personId, privileges, reason });
        },
      }),
      unblockAccess: t.field({
        type: Node,
        args: person,
        access: mayGrant,
        resolve: (_, { nodeId, personId }, context) =>
          change(context, nodeId, { op: 'unblock', node: nodeId, principal: `user:${personId}` }, 'forest.unblocked', {
            person: personId,
          }),
      }),
      setInherit: t.field({
        type: Node,
        args: { nodeId: t.arg.id({ required: true }), inherit: t.arg.string({ required: true }) },
        access: mayGrant,
        async resolve(_, { nodeId, inherit }, context) {
          const sealed = inherit === 'sealed';
          // Whoever seals a node keeps what they had there: otherwise nobody might be left inside.
          const keep: ForestOp[] = sealed
            ? [{ op: 'grant', node: nodeId, principal: context.caller.principal, role: 'owner' }]
            : [];
          const ops: ForestOp[] = [...keep, { op: 'inherit', node: nodeId, inherit: sealed ? 'sealed' : 'open' }];
          return change(context, nodeId, ops, sealed ? 'forest.sealed' : 'forest.opened', { inherit });
        },
      }),
    };
  });
}

function auditOf(deps: ForestDeps, caller: Caller, node: string, action: string, after: Record<string, unknown>) {
  const through = caller.token ?? caller.session;
  return {
    action,
    node,
    target: deps.access.node(node)?.name ?? node,
    result: 'done' as const,
    after,
    ...(through && { through }),
    ...(caller.address && { address: caller.address }),
    ...(caller.userAgent && { userAgent: caller.userAgent }),
  };
}

function checkRole(deps: ForestDeps, node: string, role: string): void {
  const known = rolesOf(deps, node);
  if (!known.includes(role)) throw fail('forest.unknown-role', { role: role.slice(0, 40), roles: known.join(', ') });
}

/** A role is what it allows: whoever gives or takes it must be allowed all of that. */
function checkNotMore(deps: ForestDeps, caller: Caller, node: string, role: string): void {
  const allowed = deps.access
    .privilegesOf(deps.access.node(node)?.kind ?? '')
    .filter((info) => info.roles.includes(role));
  if (!allowed.every((info) => deps.access.can(caller, info.name, node))) throw fail('forest.more-than-own', { role });
}

function checkPrivileges(deps: ForestDeps, node: string, privileges: readonly string[]): void {
  const known = deps.access.privilegesOf(deps.access.node(node)?.kind ?? '').map((info) => info.name);
  const wrong = privileges.find((each) => !known.includes(each));
  if (wrong !== undefined || privileges.length === 0)
    throw fail('forest.unknown-privilege', {
      privilege: wrong?.slice(0, 60) ?? 'Nothing',
      privileges: known.join(', '),
    });
}

/** Somebody besides this person (or besides this role of theirs) must still be able to grant here. */
function checkSomebodyStays(deps: ForestDeps, node: string, personId: string, role?: string): void {
  const principal = `user:${personId}`;
  const stays = deps.access
    .whoCan(ofKind(deps, node, 'grant'), node)
    .some(
      (holder) =>
        holder.principal !== principal ||
        (role !== undefined && (holder.role !== role || holder.from !== node || holder.group !== undefined)),
    );
  if (!stays) throw fail('forest.last-owner');
}

function checkEnd(deps: ForestDeps, until: Date | string | number | null | undefined): number | null {
  if (until === null || until === undefined) return null;
  const end = new Date(until).getTime();
  if (end <= deps.clock.now()) throw fail('forest.past');
  return end;
}

async function checkPerson(deps: ForestDeps, caller: Caller, personId: string): Promise<void> {
  const { people } = await deps.rpc
    .client(IdentityService)
    .getPeople(create(GetPeopleRequestSchema, { ids: [personId] }), as(caller));
  if (people.length === 0) throw fail('forest.unknown-person');
}
