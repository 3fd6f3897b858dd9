/** The forest, as these tests need it: who may do anything, who may only look, and which nodes were planted. */
import type { Access } from '@steading/access';
import type { ForestOp } from '@steading/forest';
import { type Caller, kitErrors } from '@steading/kit';

export interface AccessDouble extends Access {
  readonly nodes: Map<string, string>;
  /** Principals who may read only. Everybody else who is signed in may everything; nobody may what is not planted. */
  readonly viewers: Set<string>;
  readonly strangers: Set<string>;
  changed(): void;
}

export function createAccessDouble(): AccessDouble {
  const nodes = new Map<string, string>([['spc_garden', 'platform']]);
  const viewers = new Set<string>();
  const strangers = new Set<string>();
  const watchers = new Set<(revision: number) => void>();
  let revision = 1;
  const can = (caller: Caller, privilege: string, node: string) => {
    if (caller.kind === 'service') return true;
    if (!nodes.has(node) || caller.kind === 'anonymous' || strangers.has(caller.principal)) return false;
    return !viewers.has(caller.principal) || /\.read(-about)?$/.test(privilege);
  };
  const apply = (op: ForestOp) => {
    if (op.op === 'plant') nodes.set(op.node.id, op.node.parent ?? '');
    if (op.op !== 'remove') return;
    nodes.delete(op.node);
    for (const [id, parent] of nodes) if (parent === op.node) apply({ op: 'remove', node: id });
  };
  return {
    nodes,
    viewers,
    strangers,
    changed: () => watchers.forEach((watch) => void watch(++revision)),
    can,
    async require(caller, privilege, node) {
      if (can(caller, privilege, node)) return;
      if (caller.kind === 'anonymous') throw kitErrors('unauthenticated');
      const kind = privilege.split('.')[0]!;
      throw can(caller, `${kind}.read-about`, node)
        ? kitErrors('forbidden', { why: '' })
        : kitErrors('not-found', { kind });
    },
    explain: (caller, privilege, node) => ({
      allowed: can(caller, privilege, node),
      text: `about ${privilege}`,
      steps: [],
    }),
    visible: (caller, privilege, kind) => ({
      ids: [...nodes.keys()].filter((id) => id.startsWith(kind) && can(caller, privilege, id)).sort(),
    }),
    whoCan: () => [],
    async write(_caller, ops) {
      for (const op of ops) apply(op);
      return ++revision;
    },
    waitFor: async () => {},
    onChange(call) {
      watchers.add(call);
      return { stop: () => void watchers.delete(call) };
    },
    get revision() {
      return revision;
    },
  };
}
