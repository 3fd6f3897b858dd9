import type { ForestOp } from '@steading/forest';
import type { GraphContext } from '@steading/graph';
import type { Caller } from '@steading/kit';
import type { ForestDeps } from '#src/deps.ts';
import type { ForestStore } from '#src/store.ts';

/** Makes a change on behalf of a person, tells of it, and waits until this process knows it. */
export type Change = (
  context: GraphContext,
  nodeId: string,
  ops: readonly ForestOp[],
  action: string,
  after: Record<string, unknown>,
) => Promise<{ id: string }>;

export function createChange(deps: ForestDeps, store: ForestStore): Change {
  return async (context, nodeId, ops, action, after) => {
    const { caller } = context;
    const revision = await store.write(caller, ops, [auditOf(deps, caller, nodeId, action, after)]);
    context.noteRevision(revision);
    await deps.access.waitFor(revision);
    return { id: nodeId };
  };
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
