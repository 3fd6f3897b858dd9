/**
 * The permission forest in memory: who may do what, decided at the moment of asking by walking from the node to its
 * root. Nothing is worked out in advance, so a change anywhere is one write and true for the next question.
 * No I/O, no clock: times come in as arguments, in milliseconds since 1970.
 */
import { BlockTable } from '#src/block-table.ts';
import { type Changes, createChanges } from '#src/changes.ts';
import { createDecider, type Question } from '#src/decide.ts';
import { createExplainer, type Reason } from '#src/explain.ts';
import { GrantTable } from '#src/grant-table.ts';
import { KindTable } from '#src/kind-table.ts';
import type { KindDefinition } from '#src/kinds.ts';
import { createLists, type Holding } from '#src/lists.ts';
import { NodeTable } from '#src/node-table.ts';
import type { ForestOp } from '#src/ops.ts';
import { PairTable } from '#src/pair-table.ts';
import { Principals } from '#src/principals.ts';
import { snapshotOps } from '#src/snapshot.ts';

/** The parts that every question reads and every change writes. */
export interface ForestState {
  readonly kinds: KindTable;
  readonly nodes: NodeTable;
  readonly principals: Principals;
  readonly grants: GrantTable;
  /** a: node, b: its owner: the same as in `nodes`, to be found from the owner's side. */
  readonly owners: PairTable;
  readonly blocks: BlockTable;
  /** a: node, b: principal: glass that is broken until a time. */
  readonly glass: PairTable;
  /** Node of a group, -1 for none. */
  readonly nodeOfGroup: Map<number, number>;
  readonly groupsOfNode: Map<number, Set<number>>;
}

/** Set on a grant that does not flow down; the bits below it are the role. */
export const hereOnly = 16;

export interface Forest {
  /** Changes all or nothing. @throws ForestRefusal */
  apply(ops: readonly ForestOp[]): void;
  /**
   * The same for a forest that is being made from a snapshot: faster, and not taken back. After a refusal the forest
   * is of no use. @throws ForestRefusal
   */
  load(ops: readonly ForestOp[]): void;
  can(question: Question): boolean;
  /** Why `can` says what it says. */
  explain(question: Question): Reason;
  /** Whether the node is known, and of which kind and name. */
  node(
    id: string,
  ):
    | { readonly kind: string; readonly name: string; readonly parent: string | null; readonly sealed: boolean }
    | undefined;
  /** Ids of a kind below a node on which the principal has the privilege, in id order, after an id. */
  visible(asked: Omit<Question, 'node'> & { kind: string; under?: string; after?: string; limit: number }): {
    ids: string[];
    next?: string;
  };
  whoCan(privilege: string, node: string, now: number): Holding[];
  /** Blocks that stand on this very node. */
  blocksOn(node: string): { principal: string; privileges: readonly string[]; until: number; reason: string }[];
  /** Ids of a node and of everything below it; empty for an unknown one. */
  subtree(node: string): string[];
  groupName(group: string): string | undefined;
  /** The privilege that admits that the node exists; undefined for an unknown node. */
  readAboutOf(node: string): string | undefined;
  privilegesOf(kind: string): readonly { name: string; text: string; roles: readonly string[] }[];
  /** Operations that make this forest from an empty one. */
  snapshot(): Generator<ForestOp>;
  readonly size: { readonly nodes: number; readonly grants: number; readonly principals: number };
}

export function createForest(options: { kinds: readonly KindDefinition[] }): Forest {
  const definitions = new Map(options.kinds.map((kind) => [kind.kind, kind]));
  const table = new NodeTable();
  const state: ForestState = {
    kinds: new KindTable(options.kinds),
    nodes: table,
    principals: new Principals(),
    grants: new GrantTable(table),
    owners: new PairTable(),
    blocks: new BlockTable(),
    glass: new PairTable(),
    nodeOfGroup: new Map(),
    groupsOfNode: new Map(),
  };
  const changes: Changes = createChanges(state);
  const decider = createDecider(state);
  const explainer = createExplainer(state, decider);
  const lists = createLists(state, decider);
  const { nodes, kinds, principals } = state;

  return {
    apply: (ops) => changes.apply(ops),
    load: (ops) => changes.load(ops),
    can: (question) => decider.can(question),
    explain: (question) => explainer(question),
    node(id) {
      const node = nodes.find(id);
      if (node === -1) return undefined;
      const parent = nodes.parent(node);
      return {
        kind: kinds.get(nodes.kind(node)).name,
        name: nodes.name(node),
        parent: parent === -1 ? null : nodes.id(parent),
        sealed: nodes.sealed(node),
      };
    },
    visible: (asked) => lists.visible(asked),
    whoCan: (privilege, node, now) => lists.whoCan(privilege, node, now),
    blocksOn: (node) => lists.blocksOn(node),
    subtree(id) {
      const node = nodes.find(id);
      return node === -1 ? [] : nodes.subtree(node).map((each) => nodes.id(each));
    },
    groupName: (group) => principals.groupName(principals.find(group)),
    readAboutOf(id) {
      const node = nodes.find(id);
      return node === -1 ? undefined : kinds.get(nodes.kind(node)).readAbout;
    },
    privilegesOf: (kind) =>
      Object.entries(definitions.get(kind)?.privileges ?? {}).map(([name, made]) => ({
        name,
        text: made.text,
        roles: made.roles,
      })),
    snapshot: () => snapshotOps(state),
    get size() {
      return { nodes: nodes.size, grants: state.grants.size, principals: principals.names.length };
    },
  };
}
