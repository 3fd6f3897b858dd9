import type { KindDefinition, Role } from '#src/kinds.ts';
import type { ForestOp, NodeRecord } from '#src/ops.ts';

/** The forest once more, written to be read: maps, recursion, and a copy of everything before each change. */
interface World {
  nodes: Map<string, NodeRecord>;
  grants: { node: string; principal: string; role: Role; cascade: boolean; until: number }[];
  blocks: { node: string; principal: string; privileges: readonly string[]; until: number }[];
  glass: { node: string; principal: string; until: number }[];
  groups: Map<string, { node: string | null }>;
  members: { group: string; principal: string; until: number }[];
}

class Refused extends Error {}

export function createNaiveForest(kinds: readonly KindDefinition[]) {
  let world: World = { nodes: new Map(), grants: [], blocks: [], glass: [], groups: new Map(), members: [] };
  const kindOf = (name: string) => kinds.find((kind) => kind.kind === name);

  const parentOf = (id: string) => world.nodes.get(id)!.parent;
  const path = (id: string): string[] => [...(parentOf(id) === null ? [] : path(parentOf(id)!)), id];
  const below = (id: string): string[] => [...world.nodes.keys()].filter((each) => path(each).includes(id));
  const refuseUnless = (holds: boolean) => {
    if (!holds) throw new Refused();
  };
  const known = (node: string) => refuseUnless(world.nodes.has(node));
  const grantable = (principal: string) => refuseUnless(!principal.startsWith('group:') || world.groups.has(principal));
  const groupsOver = (principal: string, now: number): Set<string> => {
    const found = new Set([principal]);
    for (const each of found)
      for (const row of world.members) if (row.principal === each && row.until > now) found.add(row.group);
    return found;
  };
  const levels = (group: string, up: boolean): number =>
    1 +
    Math.max(
      0,
      ...world.members
        .filter((row) => (up ? row.principal : row.group) === group)
        .map((row) => (up ? row.group : row.principal))
        .filter((other) => world.groups.has(other))
        .map((other) => levels(other, up)),
    );

  function dropGroup(group: string): void {
    world.groups.delete(group);
    world.members = world.members.filter((row) => row.group !== group && row.principal !== group);
    world.grants = world.grants.filter((row) => row.principal !== group);
    world.blocks = world.blocks.filter((row) => row.principal !== group);
    world.glass = world.glass.filter((row) => row.principal !== group);
    for (const [id, node] of world.nodes) if (node.owner === group) world.nodes.set(id, { ...node, owner: null });
  }

  function change(op: ForestOp): void {
    switch (op.op) {
      case 'plant': {
        if (op.node.parent !== null) known(op.node.parent);
        const there = world.nodes.get(op.node.id);
        refuseUnless(!there || (there.kind === op.node.kind && there.parent === op.node.parent));
        if (there) return;
        refuseUnless(op.node.parent === null || path(op.node.parent).length < 16);
        if (op.node.owner !== null) grantable(op.node.owner);
        world.nodes.set(op.node.id, op.node);
        return;
      }
      case 'remove': {
        if (!world.nodes.has(op.node)) return;
        const gone = new Set(below(op.node));
        for (const [group, { node }] of world.groups) if (node !== null && gone.has(node)) dropGroup(group);
        world.grants = world.grants.filter((row) => !gone.has(row.node));
        world.blocks = world.blocks.filter((row) => !gone.has(row.node));
        world.glass = world.glass.filter((row) => !gone.has(row.node));
        for (const id of gone) world.nodes.delete(id);
        return;
      }
      case 'move': {
        known(op.node);
        if (op.parent !== null) {
          known(op.parent);
          refuseUnless(!path(op.parent).includes(op.node));
        }
        const height = Math.max(...below(op.node).map((id) => path(id).length)) - path(op.node).length;
        refuseUnless((op.parent === null ? 0 : path(op.parent).length) + 1 + height <= 16);
        world.nodes.set(op.node, { ...world.nodes.get(op.node)!, parent: op.parent });
        return;
      }
      case 'rename':
        known(op.node);
        return;
      case 'inherit':
        known(op.node);
        world.nodes.set(op.node, { ...world.nodes.get(op.node)!, inherit: op.inherit });
        return;
      case 'own':
        known(op.node);
        if (op.owner !== null) grantable(op.owner);
        world.nodes.set(op.node, { ...world.nodes.get(op.node)!, owner: op.owner });
        return;
      case 'grant': {
        known(op.node);
        grantable(op.principal);
        change({ ...op, op: 'revoke' });
        const { node, principal, role } = op;
        world.grants.push({ node, principal, role, cascade: op.cascade !== false, until: op.until ?? Infinity });
        return;
      }
      case 'revoke':
        world.grants = world.grants.filter(
          (row) => row.node !== op.node || row.principal !== op.principal || row.role !== op.role,
        );
        return;
      case 'block':
        known(op.node);
        grantable(op.principal);
        change({ ...op, op: 'unblock' });
        world.blocks.push({ ...op, until: op.until ?? Infinity });
        return;
      case 'unblock':
        world.blocks = world.blocks.filter((row) => row.node !== op.node || row.principal !== op.principal);
        return;
      case 'break-glass':
        known(op.node);
        grantable(op.principal);
        change({ ...op, op: 'mend-glass' });
        world.glass.push({ ...op });
        return;
      case 'mend-glass':
        world.glass = world.glass.filter((row) => row.node !== op.node || row.principal !== op.principal);
        return;
      case 'group': {
        if (op.node !== null) known(op.node);
        const there = world.groups.get(op.group);
        refuseUnless(!there || there.node === op.node);
        world.groups.set(op.group, { node: op.node });
        return;
      }
      case 'remove-group':
        if (world.groups.has(op.group)) dropGroup(op.group);
        return;
      case 'join':
        refuseUnless(world.groups.has(op.group));
        grantable(op.principal);
        if (world.groups.has(op.principal)) {
          refuseUnless(!groupsOver(op.group, -Infinity).has(op.principal));
          refuseUnless(levels(op.group, true) + levels(op.principal, false) <= 8);
        }
        change({ ...op, op: 'leave' });
        world.members.push({ group: op.group, principal: op.principal, until: op.until ?? Infinity });
        return;
      case 'leave':
        world.members = world.members.filter((row) => row.group !== op.group || row.principal !== op.principal);
        return;
    }
  }

  const covers = (privileges: readonly string[], privilege: string) =>
    privileges.some((each) => each === '*' || each === privilege || each === `${privilege.split('.')[0]}.*`);

  /** Who somebody is at a time. */
  function standing(principal: string, now: number): Set<string> {
    const all = groupsOver(principal, now);
    if (/^(user|service-account|edge):/.test(principal) || principal === 'signed-in') all.add('signed-in');
    if (all.has('signed-in') || principal === 'anyone') all.add('anyone');
    return all;
  }

  function rolesAt(who: ReadonlySet<string>, id: string, now: number, target: string): Set<Role> {
    const node = world.nodes.get(id)!;
    const held = new Set<Role>();
    if (node.parent !== null && node.inherit === 'open') {
      const above = world.nodes.get(node.parent)!;
      const map = above.kind === node.kind ? {} : (kindOf(node.kind)!.from?.[above.kind] ?? {});
      for (const role of rolesAt(who, node.parent, now, target)) {
        const becomes = role in map ? map[role] : role;
        if (becomes) held.add(becomes);
      }
    }
    if (node.owner !== null && who.has(node.owner)) held.add('owner');
    for (const row of world.grants)
      if (row.node === id && who.has(row.principal) && row.until > now && (row.cascade || id === target))
        held.add(row.role);
    return held;
  }

  function blocked(who: ReadonlySet<string>, privilege: string, id: string, now: number): boolean {
    let reaches = true;
    for (const at of path(id).reverse()) {
      const node = world.nodes.get(at)!;
      const here = world.blocks.filter(
        (row) => row.node === at && who.has(row.principal) && row.until > now && covers(row.privileges, privilege),
      );
      if (here.length > 0 && (reaches || node.kind === 'platform')) return true;
      if (node.inherit === 'sealed') reaches = false;
    }
    return false;
  }

  function passes(held: ReadonlySet<Role>, privilege: string): boolean {
    const kind = kindOf(privilege.split('.')[0]!)!;
    return kind.privileges[privilege]!.roles.some((role) => held.has(role));
  }

  function can(principal: string, privilege: string, id: string, now: number): boolean {
    const node = world.nodes.get(id);
    if (!node || node.kind !== privilege.split('.')[0]) return false;
    const who = standing(principal, now);
    if (passes(rolesAt(who, id, now, id), privilege) && !blocked(who, privilege, id, now)) return true;
    return isPastGlass(principal, id, now);
  }

  function isPastGlass(principal: string, id: string, now: number): boolean {
    const who = standing(principal, now);
    const root = path(id)[0]!;
    const broke = world.glass.some(
      (row) => row.principal === principal && row.until > now && path(id).includes(row.node),
    );
    return (
      broke &&
      world.nodes.get(root)!.kind === 'platform' &&
      passes(rolesAt(who, root, now, root), 'platform.break-glass')
    );
  }

  return {
    /** Whether the list was taken; all of it or nothing. */
    apply(ops: readonly ForestOp[]): boolean {
      const before = structuredClone(world);
      try {
        for (const op of ops) change(op);
        return true;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        world = before;
        return false;
      }
    },
    can,
    visible: (principal: string, privilege: string, kind: string, now: number, under?: string): string[] =>
      [...world.nodes.values()]
        .filter((node) => node.kind === kind && (under === undefined || path(node.id).includes(under)))
        .map((node) => node.id)
        .filter((id) => can(principal, privilege, id, now))
        .sort(),
    /** Everybody of these whom a grant, a group, ownership or broken glass gives it, wildcards by their own name. */
    whoCan: (principals: readonly string[], privilege: string, id: string, now: number): string[] =>
      world.nodes.get(id)?.kind !== privilege.split('.')[0]
        ? []
        : principals
            .filter(
              (principal) =>
                isPastGlass(principal, id, now) ||
                (passes(rolesAt(groupsOver(principal, now), id, now, id), privilege) &&
                  !blocked(standing(principal, now), privilege, id, now)),
            )
            .sort(),
  };
}
