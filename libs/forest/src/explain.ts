import type { Decider, Question } from '#src/decide.ts';
import type { ForestState } from '#src/forest.ts';
import { hereOnly } from '#src/forest.ts';
import { type Privilege, strongest } from '#src/kind-table.ts';
import { roles } from '#src/kinds.ts';

export interface Reason {
  readonly allowed: boolean;
  /** One sentence for a person. */
  readonly text: string;
  readonly steps: readonly ReasonStep[];
}

export interface ReasonStep {
  readonly what: 'owner' | 'grant' | 'group' | 'map' | 'seal' | 'block' | 'scope' | 'break-glass' | 'none';
  readonly node?: string;
  readonly nodeName?: string;
  readonly principal?: string;
  readonly role?: string;
  readonly until?: number;
  readonly text: string;
}

/** Says in words what the decider decides, from the same tables. */
export function createExplainer(state: ForestState, decider: Decider): (question: Question) => Reason {
  const { nodes, kinds, principals } = state;
  const pathSteps = createPathSteps(state, decider);
  const exceptions = createExceptionSteps(state);

  return (question) => {
    const { principal, scopes, privilege, node: id, now } = question;
    const node = nodes.find(id);
    const known = kinds.privileges.get(privilege);
    if (node === -1 || !known || nodes.kind(node) !== known.kind) return unknown(node === -1);
    const standing = principals.standing(principal, now);
    principals.mark(standing);
    const { held, depth } = decider.rolesAlong(node, now);
    const roleSet = held[depth - 1]!;
    const steps = pathSteps(node, now);
    const block = decider.blockAbove(standing, privilege, node, now);
    const broken = decider.glassAbove(standing, node, now);
    if (block) steps.push(exceptions.block(block));
    if (broken) steps.push(exceptions.glass(broken));
    const allowed = decider.canAt(standing, privilege, node, now, question.author);
    const name = nodes.name(node);
    if (allowed && scopes && !decider.scopeFor(scopes, privilege, node)) {
      steps.push({ what: 'scope', text: 'the token has no scope that covers this' });
      return { allowed: false, text: `This token may not ${known.text}: none of its scopes covers ${name}.`, steps };
    }
    const role = roles[strongest(roleSet)];
    if (allowed) {
      const byRole = !block && (roleSet & known.roles) !== 0;
      const how = byRole ? `being ${role} of ${name}` : broken ? 'having broken the glass' : 'being its author';
      return { allowed, text: `May ${known.text}, ${how}.`, steps };
    }
    if (steps.length === 0) steps.push({ what: 'none', node: id, nodeName: name, text: `has no role on ${name}` });
    return { allowed, text: block ? exceptions.sentence(block) : lacks(role, name, known), steps };
  };
}

function unknown(isNode: boolean): Reason {
  const text = isNode ? 'the node is not known' : 'the privilege is not one of this kind';
  return { allowed: false, text: 'There is no such thing here.', steps: [{ what: 'none', text }] };
}

function lacks(role: string | undefined, name: string, known: Privilege): string {
  const needed = neededRoles(known.roles);
  return role === undefined
    ? `Has no role on ${name}; to ${known.text} needs ${needed}.`
    : `Is ${role} of ${name}; to ${known.text} needs ${needed}.`;
}

function neededRoles(set: number): string {
  const able = roles.filter((_, bit) => set & (1 << bit));
  if (able.length === 0) return 'a role that nobody has';
  return able.length === 1 ? able[0]! : `${able.slice(0, -1).join(', ')} or ${able.at(-1)}`;
}

/** How roles come down from the root to a node: where they are given, become others, or end. */
function createPathSteps(state: ForestState, decider: Decider): (node: number, now: number) => ReasonStep[] {
  const { nodes, kinds } = state;
  const holdings = createHoldings(state);

  /** What became of the roles held on the parent; undefined where they simply go on. */
  function passage(parent: number, node: number, before: number): ReasonStep | undefined {
    const place = { node: nodes.id(node), nodeName: nodes.name(node) };
    if (nodes.sealed(node))
      return { what: 'seal', ...place, text: `${place.nodeName} is sealed: roles from above do not reach it` };
    const became = kinds.descend(nodes.kind(parent), nodes.kind(node), before);
    const [from, to] = [roles[strongest(before)]!, roles[strongest(became)]];
    const being = `being ${from} of ${nodes.name(parent)}`;
    if (to === undefined) return { what: 'map', ...place, text: `${being} gives nothing on ${place.nodeName}` };
    if (to === from) return undefined;
    return { what: 'map', ...place, role: to, text: `${being} makes ${to} of ${place.nodeName}` };
  }

  return (node, now) => {
    const { held, path, depth } = decider.rolesAlong(node, now);
    const steps: ReasonStep[] = [];
    for (let index = 0; index < depth; index++) {
      const at = path[index]!;
      const before = index === 0 ? 0 : held[index - 1]!;
      const step = before === 0 ? undefined : passage(path[index - 1]!, at, before);
      if (step) steps.push(step);
      steps.push(...holdings(at, now, at === node));
    }
    return steps;
  };
}

/** What the marked standing holds on one node by itself: as owner, directly, through groups. */
function createHoldings({ nodes, principals, grants }: ForestState) {
  return (node: number, now: number, isTarget: boolean): ReasonStep[] => {
    const found: ReasonStep[] = [];
    const name = nodes.name(node);
    const place = { node: nodes.id(node), nodeName: name };
    const owner = nodes.owner(node);
    if (owner !== -1 && principals.holds(owner))
      found.push({
        what: 'owner',
        ...place,
        principal: principals.name(owner),
        role: 'owner',
        text: `owns ${name}`,
      });
    for (let row = grants.firstOfA(node); row !== -1; row = grants.nextOfA(row)) {
      const data = grants.data(row);
      const end = grants.until(row);
      if (!principals.holds(grants.b(row)) || end <= now || (data & hereOnly && !isTarget)) continue;
      const role = roles[data & 15]!;
      const group = principals.groupName(grants.b(row));
      found.push({
        what: group === undefined ? 'grant' : 'group',
        ...place,
        principal: principals.name(grants.b(row)),
        role,
        ...(end !== Number.POSITIVE_INFINITY && { until: end }),
        text: `has the role ${role} on ${name}${group === undefined ? '' : ` through ${group}`}`,
      });
    }
    return found;
  };
}

interface Found {
  readonly node: number;
  readonly row: number;
}

/** What goes past roles. */
function createExceptionSteps({ nodes, blocks, glass }: ForestState) {
  const named = (node: number) => ({ node: nodes.id(node), nodeName: nodes.name(node) });
  return {
    block({ node, row }: Found): ReasonStep {
      const end = blocks.rows.until(row);
      return {
        what: 'block',
        ...named(node),
        ...(end !== Number.POSITIVE_INFINITY && { until: end }),
        text: `blocked on ${nodes.name(node)}: ${blocks.content(row).reason}`,
      };
    },
    glass: ({ node, row }: Found): ReasonStep => ({
      what: 'break-glass',
      ...named(node),
      until: glass.until(row),
      text: `broke the glass of ${nodes.name(node)}`,
    }),
    sentence: ({ node, row }: Found): string => `Blocked on ${nodes.name(node)}: ${blocks.content(row).reason}`,
  };
}
