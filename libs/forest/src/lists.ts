import type { Decider, Question } from '#src/decide.ts';
import { type ForestState, hereOnly } from '#src/forest.ts';
import { strongest } from '#src/kind-table.ts';
import { roles } from '#src/kinds.ts';
import type { Standing } from '#src/principals.ts';

/** One way in which somebody has a privilege on a node. */
export interface Holding {
  readonly principal: string;
  /** `break-glass` for somebody who is let past seals and blocks for a time. */
  readonly role: string;
  /** The node where it is granted. */
  readonly from: string;
  readonly fromName: string;
  readonly group?: string;
  readonly groupName?: string;
  readonly until?: number;
}

/** Below this many nodes a subtree is walked; above it the sorted list of the kind is read. */
const smallSubtree = 2_000;
const ownerRole = 0;
/** What is shown in the place of a role for somebody who broke the glass. */
const brokenGlass = 'break-glass';
const forGood = Number.POSITIVE_INFINITY;

interface Reached {
  readonly principal: number;
  readonly group?: number;
  readonly until: number;
}

export function createLists(state: ForestState, decider: Decider) {
  const { nodes, kinds, principals, grants, owners, glass, blocks } = state;
  const sorted = new Map<number, { version: number; list: number[] }>();

  function ofKind(kind: number): number[] {
    const known = sorted.get(kind);
    if (known?.version === nodes.version) return known.list;
    const list: number[] = [];
    for (let node = 0; node < nodes.end; node++) if (nodes.kind(node) === kind) list.push(node);
    list.sort((a, b) => (nodes.id(a) < nodes.id(b) ? -1 : 1));
    sorted.set(kind, { version: nodes.version, list });
    return list;
  }

  function candidates(kind: number, under: number): number[] {
    if (under === -1) return ofKind(kind);
    const below: number[] = [under];
    for (let at = 0; at < below.length && below.length <= smallSubtree; at++) {
      for (let child = nodes.firstChild(below[at]!); child !== -1; child = nodes.nextSibling(child)) below.push(child);
    }
    if (below.length > smallSubtree) return ofKind(kind);
    return below.filter((node) => nodes.kind(node) === kind).sort((a, b) => (nodes.id(a) < nodes.id(b) ? -1 : 1));
  }

  function visible(asked: Omit<Question, 'node'> & { kind: string; under?: string; after?: string; limit: number }): {
    ids: string[];
    next?: string;
  } {
    const kind = kinds.find(asked.kind);
    const under = asked.under === undefined ? -1 : nodes.find(asked.under);
    if (kind === -1 || (asked.under !== undefined && under === -1)) return { ids: [] };
    const standing = principals.standing(asked.principal, asked.now);
    principals.mark(standing);
    const ids: string[] = [];
    const list = below(standing, kind) ?? candidates(kind, under);
    for (let index = firstAfter(list, asked.after); index < list.length; index++) {
      const node = list[index]!;
      if (under !== -1 && !nodes.isWithin(node, under)) continue;
      if (!decider.canAt(standing, asked.privilege, node, asked.now)) continue;
      if (asked.scopes && !decider.scopeFor(asked.scopes, asked.privilege, node)) continue;
      if (ids.length === asked.limit) return { ids, next: ids.at(-1)! };
      ids.push(nodes.id(node));
    }
    return { ids };
  }

  /** Nodes of the kind at and below whatever was given to this standing; undefined where that is too much to walk. */
  function below(standing: Standing, kind: number): number[] | undefined {
    const seen = new Set<number>();
    for (const table of [grants, owners, glass])
      for (const id of standing.ids)
        for (let row = table.firstOfB(id); row !== -1; row = table.nextOfB(row))
          if (seen.add(table.a(row)).size > smallSubtree) return undefined;
    for (const node of seen)
      for (let child = nodes.firstChild(node); child !== -1; child = nodes.nextSibling(child))
        if (seen.add(child).size > smallSubtree) return undefined;
    return [...seen].filter((node) => nodes.kind(node) === kind).sort((a, b) => (nodes.id(a) < nodes.id(b) ? -1 : 1));
  }

  /** Where a sorted list goes on behind an id, by halving. */
  function firstAfter(list: readonly number[], after: string | undefined): number {
    if (after === undefined) return 0;
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (nodes.id(list[middle]!) <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function whoCan(privilege: string, id: string, now: number): Holding[] {
    const node = nodes.find(id);
    const known = kinds.privileges.get(privilege);
    if (node === -1 || !known || nodes.kind(node) !== known.kind) return [];
    const found = new Map<string, Holding>();
    const add = (principal: number, holding: Omit<Holding, 'principal'>) => {
      const key = `${principal} ${holding.from} ${holding.role} ${holding.group ?? ''}`;
      if (!isBlocked(principal, privilege, node, now))
        found.set(key, { principal: principals.name(principal), ...holding });
    };
    for (let at = node; at !== -1; at = nodes.parent(at)) {
      const place = { from: nodes.id(at), fromName: nodes.name(at) };
      const owner = nodes.owner(at);
      const asOwner = arrive(1 << ownerRole, at, node);
      if (owner !== -1 && asOwner & known.roles)
        for (const each of people(owner, now, forGood)) add(each.principal, held(asOwner, place, each));
      for (let row = grants.firstOfA(at); row !== -1; row = grants.nextOfA(row)) {
        const data = grants.data(row);
        if (grants.until(row) <= now || (data & hereOnly && at !== node)) continue;
        const arrived = arrive(1 << (data & 15), at, node);
        if (!(arrived & known.roles)) continue;
        for (const each of people(grants.b(row), now, grants.until(row))) {
          add(each.principal, held(arrived, place, each));
        }
      }
    }
    for (const holding of throughGlass(node, now)) found.set(`${holding.principal} glass`, holding);
    return [...found.values()];
  }

  /** Who broke glass here or above, and is past every seal and block for as long. */
  function throughGlass(node: number, now: number): Holding[] {
    const found: Holding[] = [];
    for (let at = node; at !== -1 && glass.size > 0; at = nodes.parent(at)) {
      for (let row = glass.firstOfA(at); row !== -1; row = glass.nextOfA(row)) {
        if (principals.groupName(glass.b(row)) !== undefined) continue;
        const standing = principals.standing(principals.name(glass.b(row)), now);
        principals.mark(standing);
        if (decider.glassAbove(standing, node, now)?.row !== row) continue;
        const place = { from: nodes.id(at), fromName: nodes.name(at) };
        found.push({
          principal: principals.name(glass.b(row)),
          role: brokenGlass,
          ...place,
          until: glass.until(row),
        });
      }
    }
    return found;
  }

  function held(set: number, place: { from: string; fromName: string }, reached: Reached): Omit<Holding, 'principal'> {
    const { group, until } = reached;
    return {
      role: roles[strongest(set)]!,
      ...place,
      ...(group !== undefined && { group: principals.name(group), groupName: principals.groupName(group) ?? '' }),
      ...(until !== forGood && { until }),
    };
  }

  /** What a role held on a node above has become when it arrives below. */
  function arrive(held: number, above: number, node: number): number {
    const way: number[] = [];
    for (let at = node; at !== above; at = nodes.parent(at)) way.unshift(at);
    let set = held;
    let parent = above;
    for (const at of way) {
      set = nodes.sealed(at) ? 0 : kinds.descend(nodes.kind(parent), nodes.kind(at), set);
      parent = at;
    }
    return set;
  }

  /** Who a granted principal really is: itself, or everybody in the group and in its groups. */
  function people(granted: number, now: number, until: number): Reached[] {
    if (principals.groupName(granted) === undefined) return [{ principal: granted, until }];
    const found: Reached[] = [];
    const seen = new Map([[granted, until]]);
    for (const [group, end] of seen) {
      const { members } = principals;
      for (let row = members.firstOfA(group); row !== -1; row = members.nextOfA(row)) {
        const memberEnd = Math.min(end, members.until(row));
        const member = members.b(row);
        if (members.until(row) <= now) continue;
        if (principals.groupName(member) === undefined) found.push({ principal: member, group, until: memberEnd });
        else if (!seen.has(member)) seen.set(member, memberEnd);
      }
    }
    return found;
  }

  function isBlocked(principal: number, privilege: string, node: number, now: number): boolean {
    return decider.blockAbove(principals.standing(principals.name(principal), now), privilege, node, now) !== undefined;
  }

  function blocksOn(id: string): { principal: string; privileges: readonly string[]; until: number; reason: string }[] {
    const node = nodes.find(id);
    const found: { principal: string; privileges: readonly string[]; until: number; reason: string }[] = [];
    if (node === -1) return found;
    for (let row = blocks.rows.firstOfA(node); row !== -1; row = blocks.rows.nextOfA(row)) {
      found.push({
        principal: principals.name(blocks.rows.b(row)),
        ...blocks.content(row),
        until: blocks.rows.until(row),
      });
    }
    return found;
  }

  return { visible, whoCan, blocksOn };
}
