import type { Decider, Question } from '#src/decide.ts';
import type { ForestState } from '#src/forest.ts';
import { hereOnly } from '#src/forest.ts';
import { strongest } from '#src/kind-table.ts';
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
  const { nodes, kinds, principals, grants, blocks, glass } = state;
  const named = (node: number) => ({ node: nodes.id(node), nodeName: nodes.name(node) });

  /** What the standing holds on one node by itself: as owner, directly, through groups. */
  function holdings(node: number, now: number, isTarget: boolean): ReasonStep[] {
    const found: ReasonStep[] = [];
    const owner = nodes.owner(node);
    if (owner !== -1 && principals.holds(owner))
      found.push({
        what: 'owner',
        ...named(node),
        principal: principals.name(owner),
        role: 'owner',
        text: `owns ${nodes.name(node)}`,
      });
    for (let row = grants.firstOfA(node); row !== -1; row = grants.nextOfA(row)) {
      const data = grants.data(row);
      if (!principals.holds(grants.b(row)) || grants.until(row) <= now || (data & hereOnly && !isTarget)) continue;
      const role = roles[data & 15]!;
      const principal = principals.name(grants.b(row));
      const group = principals.groupName(grants.b(row));
      const end = grants.until(row);
      found.push({
        what: group === undefined ? 'grant' : 'group',
        ...named(node),
        principal,
        role,
        ...(end !== Number.POSITIVE_INFINITY && { until: end }),
        text:
          group === undefined
            ? `has the role ${role} on ${nodes.name(node)}`
            : `has the role ${role} on ${nodes.name(node)} through ${group}`,
      });
    }
    return found;
  }

  function pathSteps(node: number, now: number): ReasonStep[] {
    const steps: ReasonStep[] = [];
    const along: number[] = [];
    for (let at = node; at !== -1; at = nodes.parent(at)) along.unshift(at);
    const { held } = decider.rolesAlong(node, now);
    for (const [index, at] of along.entries()) {
      const before = index === 0 ? 0 : held[index - 1]!;
      if (before !== 0 && nodes.sealed(at))
        steps.push({
          what: 'seal',
          ...named(at),
          text: `${nodes.name(at)} is sealed: roles from above do not reach it`,
        });
      else if (before !== 0) {
        const became = kinds.descend(nodes.kind(along[index - 1]!), nodes.kind(at), before);
        const [from, to] = [roles[strongest(before)]!, roles[strongest(became)]];
        if (became === 0)
          steps.push({
            what: 'map',
            ...named(at),
            text: `being ${from} of ${nodes.name(along[index - 1]!)} gives nothing on ${nodes.name(at)}`,
          });
        else if (to !== from)
          steps.push({
            what: 'map',
            ...named(at),
            role: to!,
            text: `being ${from} of ${nodes.name(along[index - 1]!)} makes ${to} of ${nodes.name(at)}`,
          });
      }
      steps.push(...holdings(at, now, at === node));
    }
    return steps;
  }

  return ({ principal, scopes, privilege, node: id, now, author }) => {
    const node = nodes.find(id);
    const known = kinds.privileges.get(privilege);
    if (node === -1 || !known || nodes.kind(node) !== known.kind) {
      return {
        allowed: false,
        text: 'There is no such thing here.',
        steps: [
          { what: 'none', text: node === -1 ? 'the node is not known' : 'the privilege is not one of this kind' },
        ],
      };
    }
    const standing = principals.standing(principal, now);
    principals.mark(standing);
    const steps = pathSteps(node, now);
    const allowedByForest = decider.can({
      principal,
      privilege,
      node: id,
      now,
      ...(author !== undefined && { author }),
    });
    const block = decider.blockAbove(standing, privilege, node, now);
    const broken = decider.glassAbove(standing, node, now);
    const { held, depth } = decider.rolesAlong(node, now);
    const role = roles[strongest(held[depth - 1]!)];
    const name = nodes.name(node);
    const needed = neededRoles(known.roles);
    if (block) {
      const { reason } = blocks.content(block.row);
      const end = blocks.rows.until(block.row);
      steps.push({
        what: 'block',
        ...named(block.node),
        ...(end !== Number.POSITIVE_INFINITY && { until: end }),
        text: `blocked on ${nodes.name(block.node)}: ${reason}`,
      });
    }
    if (broken)
      steps.push({
        what: 'break-glass',
        ...named(broken.node),
        until: glass.until(broken.row),
        text: `broke the glass of ${nodes.name(broken.node)}`,
      });
    if (allowedByForest && scopes && !decider.scopeFor(scopes, privilege, node)) {
      steps.push({ what: 'scope', text: 'the token has no scope that covers this' });
      return { allowed: false, text: `This token may not ${known.text}: none of its scopes covers ${name}.`, steps };
    }
    if (allowedByForest) {
      const how = broken && !role ? 'having broken the glass' : `being ${role} of ${name}`;
      return { allowed: true, text: `May ${known.text}, ${how}.`, steps };
    }
    if (steps.length === 0) steps.push({ what: 'none', ...named(node), text: `has no role on ${name}` });
    if (block)
      return {
        allowed: false,
        text: `Blocked on ${nodes.name(block.node)}: ${blocks.content(block.row).reason}`,
        steps,
      };
    if (!role) return { allowed: false, text: `Has no role on ${name}; to ${known.text} needs ${needed}.`, steps };
    return { allowed: false, text: `Is ${role} of ${name}; to ${known.text} needs ${needed}.`, steps };
  };

  function neededRoles(set: number): string {
    const able = roles.filter((_, bit) => set & (1 << bit));
    return able.length === 0
      ? 'a role that nobody has'
      : able.length === 1
        ? able[0]!
        : `${able.slice(0, -1).join(', ')} or ${able.at(-1)}`;
  }
}
