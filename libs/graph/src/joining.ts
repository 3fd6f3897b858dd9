import { Kind, parse, type SelectionSetNode } from 'graphql';
import { copyOf, isData, mergeInto } from '#src/plan-data.ts';
import type { Gathered } from '#src/representations.ts';

/** Puts fetched entities where they were waited for. */
export type Join = (entities: unknown, gathered: Gathered) => void;

/**
 * How the entities of one alias of a fetch are joined. Those of leaves alone may go to many places as they are; where
 * there are objects in them, later fetches may fill these apart from each other, and each place has its own.
 */
export function compileJoiner(operation: string, alias: string): Join {
  const onlyLeaves = hasOnlyLeaves(operation, alias);
  return (entities, { targets, indexes }) => {
    if (!Array.isArray(entities)) return;
    const taken = onlyLeaves ? undefined : new Set<number>();
    for (let at = 0; at < targets.length; at++) {
      const index = indexes[at]!;
      const entity: unknown = entities[index];
      if (!isData(entity)) continue;
      if (taken?.has(index)) mergeInto(targets[at]!, copyOf(entity));
      else mergeInto(targets[at]!, entity);
      taken?.add(index);
    }
  };
}

/** Whether nothing that is selected of the entities has selections of its own. */
function hasOnlyLeaves(operation: string, alias: string): boolean {
  const isFlat = ({ selections }: SelectionSetNode): boolean =>
    selections.every((selection) =>
      selection.kind === Kind.FIELD
        ? !selection.selectionSet
        : selection.kind === Kind.INLINE_FRAGMENT && isFlat(selection.selectionSet),
    );
  return parse(operation, { noLocation: true }).definitions.every(
    (definition) =>
      definition.kind !== Kind.OPERATION_DEFINITION ||
      definition.selectionSet.selections.every(
        (selection) =>
          selection.kind !== Kind.FIELD ||
          (selection.alias ?? selection.name).value !== alias ||
          (selection.selectionSet !== undefined && isFlat(selection.selectionSet)),
      ),
  );
}
