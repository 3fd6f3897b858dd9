import type { ForestState } from '#src/forest.ts';
import { isPrincipal } from '#src/principals.ts';
import { ForestRefusal } from '#src/refusal.ts';

/** How to take one change back. */
export type Undo = () => void;
/** Where changes leave how to take them back; undefined where nobody will. */
export type Undos = Undo[] | undefined;

export const forGood = Number.POSITIVE_INFINITY;
export const longestName = 200;

export interface ChangeLookups {
  /** @throws unknown-node */
  nodeOf(id: string): number;
  /** @throws bad-principal, unknown-group */
  principalOf(text: string): number;
}

/** What the ids in a change stand for. */
export function createChangeLookups({ nodes, principals }: ForestState): ChangeLookups {
  // Changes come in runs on the same node: children of one parent, grants of one node.
  let lastId = '';
  let lastNode = -1;

  return {
    nodeOf(id) {
      if (id === lastId && nodes.id(lastNode) === id) return lastNode;
      const node = nodes.find(id);
      if (node === -1) throw new ForestRefusal('unknown-node', `There is no node ${id.slice(0, 80)} in the forest.`);
      lastId = id;
      lastNode = node;
      return node;
    },
    principalOf(text) {
      const known = principals.find(text);
      // Whoever has a number was looked at when they got it.
      if (known === -1 && !isPrincipal(text))
        throw new ForestRefusal(
          'bad-principal',
          `${text.slice(0, 80)} is no principal: write user:…, service-account:…, edge:…, group:…, signed-in or anyone.`,
        );
      if (text.startsWith('group:') && principals.groupName(known) === undefined)
        throw new ForestRefusal('unknown-group', `There is no group ${text}. Make it first.`);
      return known === -1 ? principals.intern(text) : known;
    },
  };
}
