import type { Access } from '@steading/access';
import type { ForestOp, KindDefinition, Role } from '@steading/forest';
import { type Caller, kitErrors } from '@steading/kit';

interface Node {
  readonly kind: string;
  readonly parent: string | null;
  sealed: boolean;
  readonly grants: Set<string>;
}

/**
 * The forest's rules in the fewest words, over plain maps: what this service's ways in are tested against. The engine
 * itself is tested in libs/forest, and against this service in the acceptance suite.
 */
export function createNaiveAccess(kinds: readonly KindDefinition[]): Access & { readonly nodes: Map<string, Node> } {
  const nodes = new Map<string, Node>();
  const groups = new Map<string, Set<string>>();
  let revision = 0;

  const holds = (principal: string, caller: Caller) =>
    principal === caller.principal ||
    (principal === 'signed-in' && caller.kind === 'user') ||
    (groups.get(principal)?.has(caller.principal) ?? false);

  function rolesOn(caller: Caller, id: string): Set<Role> {
    const node = nodes.get(id);
    const roles = new Set<Role>();
    if (!node) return roles;
    for (const grant of node.grants) {
      const [principal = '', role = ''] = grant.split(' ');
      if (holds(principal, caller)) roles.add(role as Role);
    }
    if (node.sealed || node.parent === null) return roles;
    const map = kinds.find((kind) => kind.kind === node.kind)?.from?.[nodes.get(node.parent)?.kind ?? ''] ?? {};
    for (const role of rolesOn(caller, node.parent)) {
      const here = role in map ? map[role] : role;
      if (here) roles.add(here);
    }
    return roles;
  }

  function can(caller: Caller, privilege: string, id: string): boolean {
    if (caller.kind === 'service') return true;
    const node = nodes.get(id);
    const allowed = kinds.find((kind) => kind.kind === node?.kind)?.privileges[privilege]?.roles ?? [];
    const roles = rolesOn(caller, id);
    return allowed.some((role) => roles.has(role));
  }

  function removeBelow(id: string): void {
    nodes.delete(id);
    for (const [other, node] of nodes) if (node.parent === id) removeBelow(other);
  }

  function apply(op: ForestOp): void {
    if (op.op === 'plant') {
      const { id, kind, parent, inherit } = op.node;
      if (!nodes.has(id)) nodes.set(id, { kind, parent, sealed: inherit === 'sealed', grants: new Set() });
    } else if (op.op === 'remove') removeBelow(op.node);
    else if (op.op === 'inherit') nodes.get(op.node)!.sealed = op.inherit === 'sealed';
    else if (op.op === 'grant') nodes.get(op.node)!.grants.add(`${op.principal} ${op.role}`);
    else if (op.op === 'revoke') nodes.get(op.node)!.grants.delete(`${op.principal} ${op.role}`);
    else if (op.op === 'group') groups.set(op.group, groups.get(op.group) ?? new Set());
    else if (op.op === 'join') groups.get(op.group)!.add(op.principal);
    else if (op.op === 'leave') groups.get(op.group)?.delete(op.principal);
  }

  return {
    nodes,
    can,
    async require(caller, privilege, id) {
      if (can(caller, privilege, id)) return;
      if (caller.kind === 'anonymous') throw kitErrors('unauthenticated');
      const kind = nodes.get(id)?.kind ?? 'thing';
      if (!can(caller, `${kind}.read-about`, id)) throw kitErrors('not-found', { kind });
      throw kitErrors('forbidden', { why: `That needs ${privilege}.` });
    },
    explain: () => ({ allowed: false, text: '', steps: [] }),
    visible: (caller, privilege, kind) => ({
      ids: [...nodes].filter(([id, node]) => node.kind === kind && can(caller, privilege, id)).map(([id]) => id),
    }),
    whoCan: () => [],
    async write(_, ops) {
      for (const op of ops) apply(op);
      return ++revision;
    },
    waitFor: async () => {},
    onChange: () => ({ stop() {} }),
    get revision() {
      return revision;
    },
  };
}
