import { blockCovers } from '#src/block-table.ts';
import { type ForestState, hereOnly } from '#src/forest.ts';
import { everyRole } from '#src/kind-table.ts';
import { maxDepth } from '#src/node-table.ts';
import type { PairTable } from '#src/pair-table.ts';
import type { Standing } from '#src/principals.ts';
import { parseScope, type Scope, scopeNames } from '#src/scopes.ts';

export interface Question {
  readonly principal: string;
  /** A token's scopes; absent: not narrowed. */
  readonly scopes?: readonly string[];
  readonly privilege: string;
  readonly node: string;
  readonly now: number;
  /** The author of a leaf under the node, when the question is about that leaf. */
  readonly author?: string;
}

export interface Decider {
  can(question: Question): boolean;
  /** The same for a node by number and a standing that is marked. */
  canAt(standing: Standing, privilege: string, node: number, now: number, author?: string): boolean;
  /** The roles that the marked standing holds on each node of the path, root first; shared, read at once. */
  rolesAlong(
    node: number,
    now: number,
  ): { readonly depth: number; readonly path: Int32Array; readonly held: Int32Array };
  blockAbove(
    standing: Standing,
    privilege: string,
    node: number,
    now: number,
  ): { node: number; row: number } | undefined;
  glassAbove(standing: Standing, node: number, now: number): { node: number; row: number } | undefined;
  scopeFor(scopes: readonly string[], privilege: string, node: number): Scope | undefined;
}

const ownerBit = 1;
const rememberedScopes = 10_000;

export function createDecider(state: ForestState): Decider {
  const { nodes, kinds, principals, grants, blocks, glass } = state;
  const path = new Int32Array(maxDepth + 1);
  const held = new Int32Array(maxDepth + 1);
  const parsed = new Map<string, Scope | undefined>();

  function grantedAt(standing: Standing, node: number, now: number, isTarget: boolean): number {
    let set = 0;
    const owner = nodes.owner(node);
    if (owner !== -1 && principals.holds(owner)) set |= ownerBit;
    const count = nodes.grants(node);
    if (count === 0) return set;
    if (count <= standing.ids.length * 2) {
      for (let row = nodes.firstGrant(node); row !== -1; row = grants.nextOfA(row)) {
        if (principals.holds(grants.b(row))) set |= roleOf(grants, row, now, isTarget);
      }
      return set;
    }
    for (const id of standing.ids) {
      for (let row = grants.firstOfPair(node, id); row !== -1; row = grants.nextOfPair(row))
        set |= roleOf(grants, row, now, isTarget);
    }
    return set;
  }

  /** Fills `path` and `held` and gives the number of nodes on the path. `standing` must be marked. */
  function walk(standing: Standing, node: number, now: number): number {
    let depth = 0;
    for (let at = node; at !== -1; at = nodes.parent(at)) depth++;
    for (let at = node, index = depth - 1; index >= 0; at = nodes.parent(at), index--) path[index] = at;
    let set = 0;
    for (let index = 0; index < depth; index++) {
      const at = path[index]!;
      if (index > 0) set = nodes.sealed(at) ? 0 : kinds.descend(nodes.kind(path[index - 1]!), nodes.kind(at), set);
      set |= grantedAt(standing, at, now, at === node);
      held[index] = set;
    }
    return depth;
  }

  /**
   * Whether the marked standing arrives at the node with one of the roles that are needed there. Goes up from the node
   * with what would be needed at each place, and ends as soon as that is found, sealed off, or not to be had.
   */
  function arrivesWith(needed: number, standing: Standing, node: number, now: number): boolean {
    let wanted = needed;
    let at = node;
    while (!(grantedAt(standing, at, now, at === node) & wanted)) {
      if (nodes.sealed(at)) return false;
      const parent = nodes.parent(at);
      if (parent === -1) return false;
      wanted = kinds.ascend(nodes.kind(parent), nodes.kind(at), wanted);
      if (wanted === 0) return false;
      at = parent;
    }
    return true;
  }

  function isTouchedByBlocks(standing: Standing): boolean {
    if (blocks.rows.size === 0) return false;
    for (const id of standing.ids) if (blocks.rows.firstOfB(id) !== -1) return true;
    return false;
  }

  function blockAbove(
    standing: Standing,
    privilege: string,
    node: number,
    now: number,
  ): { node: number; row: number } | undefined {
    if (!isTouchedByBlocks(standing)) return undefined;
    let sealedBelow = false;
    for (let at = node; at !== -1; at = nodes.parent(at)) {
      if (!sealedBelow || nodes.kind(at) === kinds.platform) {
        for (const id of standing.ids) {
          const row = blocks.rows.find(at, id, 0);
          if (row !== -1 && blocks.rows.until(row) > now && blockCovers(blocks.content(row), privilege))
            return { node: at, row };
        }
      }
      sealedBelow ||= nodes.sealed(at);
    }
    return undefined;
  }

  /** Broken glass counts only while its holder may break glass on the platform above. */
  function glassAbove(standing: Standing, node: number, now: number): { node: number; row: number } | undefined {
    if (glass.size === 0) return undefined;
    let root = node;
    let found: { node: number; row: number } | undefined;
    for (let at = node; at !== -1; at = nodes.parent(at)) {
      root = at;
      const row = standing.self === -1 ? -1 : glass.find(at, standing.self, 0);
      if (row !== -1 && glass.until(row) > now) found ??= { node: at, row };
    }
    if (!found || nodes.kind(root) !== kinds.platform) return undefined;
    return grantedAt(standing, root, now, true) & kinds.breakGlassRoles ? found : undefined;
  }

  function canAt(standing: Standing, privilege: string, node: number, now: number, author?: string): boolean {
    const known = kinds.privileges.get(privilege);
    if (!known || nodes.kind(node) !== known.kind) return false;
    const byRole = arrivesWith(known.roles, standing, node, now);
    const byOwn =
      !byRole &&
      known.own &&
      author !== undefined &&
      standing.self !== -1 &&
      principals.name(standing.self) === author &&
      arrivesWith(everyRole, standing, node, now);
    if ((byRole || byOwn) && !blockAbove(standing, privilege, node, now)) return true;
    return glassAbove(standing, node, now) !== undefined;
  }

  function readScope(text: string): Scope | undefined {
    if (parsed.has(text)) return parsed.get(text);
    if (parsed.size >= rememberedScopes) parsed.clear();
    const result = parseScope(text);
    const scope = result.ok ? result.scope : undefined;
    parsed.set(text, scope);
    return scope;
  }

  function scopeFor(scopes: readonly string[], privilege: string, node: number): Scope | undefined {
    const readAbout = kinds.get(nodes.kind(node)).readAbout;
    for (const text of scopes) {
      const scope = readScope(text);
      if (!scope || !scopeNames(scope, privilege, readAbout)) continue;
      const at = nodes.find(scope.node);
      if (at !== -1 && nodes.isWithin(node, at)) return scope;
    }
    return undefined;
  }

  return {
    can({ principal, scopes, privilege, node: id, now, author }) {
      const node = nodes.find(id);
      if (node === -1) return false;
      const standing = principals.standing(principal, now);
      principals.mark(standing);
      if (!canAt(standing, privilege, node, now, author)) return false;
      return scopes === undefined || scopeFor(scopes, privilege, node) !== undefined;
    },
    canAt,
    rolesAlong(node, now) {
      const standing = principals.markedStanding();
      return { depth: walk(standing, node, now), path, held };
    },
    blockAbove,
    glassAbove,
    scopeFor,
  };
}

function roleOf(grants: PairTable, row: number, now: number, isTarget: boolean): number {
  const data = grants.data(row);
  if (grants.until(row) <= now || (data & hereOnly && !isTarget)) return 0;
  return 1 << (data & 15);
}
