import { createBlockChanges } from '#src/block-changes.ts';
import { createChangeLookups, type Undos } from '#src/change-lookups.ts';
import type { ForestState } from '#src/forest.ts';
import { createGrantChanges } from '#src/grant-changes.ts';
import { createGroupChanges, createGroupTies } from '#src/group-changes.ts';
import { createNodeChanges } from '#src/node-changes.ts';
import type { ForestOp } from '#src/ops.ts';

/** Makes changes, all of a list or none: each leaves behind how to take it back. */
export interface Changes {
  apply(ops: readonly ForestOp[]): void;
  /** Without a way back. */
  load(ops: readonly ForestOp[]): void;
}

type Makers = { readonly [Name in ForestOp['op']]: (op: Extract<ForestOp, { op: Name }>, undos: Undos) => void };

export function createChanges(state: ForestState): Changes {
  const lookups = createChangeLookups(state);
  const ties = createGroupTies(state);
  const onNodes = createNodeChanges(state, lookups, ties, load);
  const onGroups = createGroupChanges(state, lookups, ties, load);
  const onGrants = createGrantChanges(state, lookups);
  const onBlocks = createBlockChanges(state, lookups);

  const makers: Makers = {
    plant: onNodes.plant,
    remove: onNodes.remove,
    move: onNodes.move,
    rename: onNodes.rename,
    inherit: onNodes.inherit,
    own: onNodes.own,
    grant: onGrants.grant,
    revoke: onGrants.revoke,
    block: onBlocks.block,
    unblock: onBlocks.unblock,
    'break-glass': onBlocks.breakGlass,
    'mend-glass': onBlocks.mendGlass,
    group: onGroups.makeGroup,
    'remove-group': onGroups.removeGroup,
    join: onGroups.join,
    leave: onGroups.leave,
  };
  const change = (op: ForestOp, undos: Undos) => makers[op.op](op as never, undos);

  function load(ops: readonly ForestOp[]): void {
    for (const op of ops) change(op, undefined);
  }

  return {
    load,
    apply(ops) {
      const undos: Exclude<Undos, undefined> = [];
      try {
        // The last change of a list is never taken back: a subtree that goes alone need not be remembered.
        for (const [index, op] of ops.entries()) change(op, index === ops.length - 1 ? undefined : undos);
      } catch (error) {
        for (const back of undos.reverse()) back();
        throw error;
      }
    },
  };
}
