import { type ForestState, hereOnly } from '#src/forest.ts';
import { roles } from '#src/kinds.ts';
import type { ForestOp } from '#src/ops.ts';

const until = (value: number): number | null => (value === Number.POSITIVE_INFINITY ? null : value);

/** Operations that make a forest from nothing: nodes, then groups, then members, then what is granted and taken. */
export function* snapshotOps(state: ForestState): Generator<ForestOp> {
  const { nodes } = state;
  const tops: number[] = [];
  for (let node = 0; node < nodes.end; node++)
    if (nodes.kind(node) !== -1 && nodes.parent(node) === -1) tops.push(node);
  for (const group of state.principals.allGroups())
    if (state.nodeOfGroup.get(group) === -1) yield groupOp(state, group);
  const all = tops.flatMap((top) => nodes.subtree(top));
  yield* opsOf(state, all, [...state.principals.allGroups()]);
}

/** The same for one subtree, with the groups that belong to it and everything that hangs on those. */
export function* subtreeOps(state: ForestState, top: number): Generator<ForestOp> {
  const all = state.nodes.subtree(top);
  const groups = all.flatMap((node) => [...(state.groupsOfNode.get(node) ?? [])]);
  yield* opsOf(state, all, groups);
  for (const group of groups) yield* hangingOn(state, group);
}

/** Brings one group back, with all that hangs on it. */
export function* groupOps(state: ForestState, group: number): Generator<ForestOp> {
  yield* opsOf(state, [], [group]);
  yield* hangingOn(state, group);
}

/** What a group is in, owns, was granted, and had taken away. */
function* hangingOn(state: ForestState, group: number): Generator<ForestOp> {
  const { principals, grants, owners, blocks, glass, nodes } = state;
  const { members } = principals;
  const name = principals.name(group);
  for (let row = members.firstOfB(group); row !== -1; row = members.nextOfB(row))
    yield { op: 'join', group: principals.name(members.a(row)), principal: name, until: until(members.until(row)) };
  for (let row = owners.firstOfB(group); row !== -1; row = owners.nextOfB(row))
    yield { op: 'own', node: nodes.id(owners.a(row)), owner: name };
  for (let row = grants.firstOfB(group); row !== -1; row = grants.nextOfB(row)) yield grantOp(state, row);
  for (let row = blocks.rows.firstOfB(group); row !== -1; row = blocks.rows.nextOfB(row)) yield blockOp(state, row);
  for (let row = glass.firstOfB(group); row !== -1; row = glass.nextOfB(row))
    yield { op: 'break-glass', node: nodes.id(glass.a(row)), principal: name, until: glass.until(row) };
}

function* opsOf(state: ForestState, nodes: readonly number[], groups: readonly number[]): Generator<ForestOp> {
  const { principals, grants, blocks, glass } = state;
  const owners: ForestOp[] = [];
  for (const node of nodes) {
    const planted = plantOp(state, node);
    yield planted;
    const owner = state.nodes.owner(node);
    if (owner !== -1) owners.push({ op: 'own', node: state.nodes.id(node), owner: principals.name(owner) });
  }
  for (const group of groups) yield groupOp(state, group);
  for (const group of groups) {
    const { members } = principals;
    for (let row = members.firstOfA(group); row !== -1; row = members.nextOfA(row)) {
      yield {
        op: 'join',
        group: principals.name(group),
        principal: principals.name(members.b(row)),
        until: until(members.until(row)),
      };
    }
  }
  yield* owners;
  for (const node of nodes) {
    for (let row = grants.firstOfA(node); row !== -1; row = grants.nextOfA(row)) yield grantOp(state, row);
    for (let row = blocks.rows.firstOfA(node); row !== -1; row = blocks.rows.nextOfA(row)) yield blockOp(state, row);
    for (let row = glass.firstOfA(node); row !== -1; row = glass.nextOfA(row)) {
      yield {
        op: 'break-glass',
        node: state.nodes.id(node),
        principal: principals.name(glass.b(row)),
        until: glass.until(row),
      };
    }
  }
}

function plantOp(state: ForestState, node: number): ForestOp {
  const { nodes, kinds } = state;
  const parent = nodes.parent(node);
  return {
    op: 'plant',
    node: {
      id: nodes.id(node),
      kind: kinds.get(nodes.kind(node)).name,
      parent: parent === -1 ? null : nodes.id(parent),
      owner: null,
      inherit: nodes.sealed(node) ? 'sealed' : 'open',
      name: nodes.name(node),
    },
  };
}

function groupOp(state: ForestState, group: number): ForestOp {
  const node = state.nodeOfGroup.get(group) ?? -1;
  return {
    op: 'group',
    group: state.principals.name(group),
    name: state.principals.groupName(group) ?? '',
    node: node === -1 ? null : state.nodes.id(node),
  };
}

function grantOp(state: ForestState, row: number): ForestOp {
  const { grants, nodes, principals } = state;
  const data = grants.data(row);
  return {
    op: 'grant',
    node: nodes.id(grants.a(row)),
    principal: principals.name(grants.b(row)),
    role: roles[data & 15]!,
    cascade: (data & hereOnly) === 0,
    until: until(grants.until(row)),
  };
}

function blockOp(state: ForestState, row: number): ForestOp {
  const { blocks, nodes, principals } = state;
  const { privileges, reason } = blocks.content(row);
  return {
    op: 'block',
    node: nodes.id(blocks.rows.a(row)),
    principal: principals.name(blocks.rows.b(row)),
    privileges,
    until: until(blocks.rows.until(row)),
    reason,
  };
}
