import { type DocumentNode, type GraphQLSchema, isObjectType, Kind, type SelectionSetNode } from 'graphql';
import { createSource, property } from '#src/compile/source.ts';
import { copyOf, type Data, isData, mergeInto } from '#src/plan-data.ts';
import type { Gathered } from '#src/representations.ts';

/** Puts fetched entities where they were waited for. */
export type Join = (entities: unknown, gathered: Gathered) => void;

/**
 * How the entities of one alias of a fetch are joined. Those of leaves alone may go to many places as they are; where
 * there are objects in them, later fetches may fill these apart from each other, and each place has its own.
 */
export function compileJoiner(schema: GraphQLSchema, operation: DocumentNode, alias: string): Join {
  const leaves = leavesOf(operation, alias);
  const join = leaves ? compileLeaves(leaves) : mergeInto;
  return (entities, { targets, indexes }) => {
    if (!Array.isArray(entities)) return;
    const taken = leaves ? undefined : new Set<number>();
    for (let at = 0; at < targets.length; at++) {
      const index = indexes[at]!;
      const entity: unknown = entities[index];
      if (!isData(entity)) continue;
      keepKnownType(schema, targets[at]!, entity);
      join(targets[at]!, taken?.has(index) ? copyOf(entity) : entity);
      taken?.add(index);
    }
  };
}

/** A subgraph that has an interface as an object calls its things by the interface's name: another knows better. */
function keepKnownType(schema: GraphQLSchema, { __typename: known }: Data, entity: Data): void {
  const { __typename } = entity;
  if (known === undefined || __typename === undefined || __typename === known) return;
  if (!isObjectType(schema.getType(String(__typename)))) entity.__typename = known;
}

/** What is not there yet is set; what is goes the longer way. */
function compileLeaves(names: readonly string[]): typeof mergeInto {
  const source = createSource();
  const merge = source.constant(mergeInto);
  const others = names.filter((name) => name !== '__typename');
  const lines = others.map((name) => `x=e${property(name)};if(x!==undefined)t${property(name)}=x;`);
  if (others.length < names.length) lines.push('if(e.__typename!==undefined)t.__typename=e.__typename;');
  const isThere = others.map((name) => `t${property(name)}!==undefined`).join('||') || 'false';
  const body = `if(${isThere})return ${merge}(t,e);let x;${lines.join('')}`;
  return source.build(source.declare('join', (own) => `function ${own}(t,e){${body}}`)) as typeof mergeInto;
}

/** The response keys under which an alias's entities have their leaves; undefined where they have more than leaves. */
function leavesOf(operation: DocumentNode, alias: string): readonly string[] | undefined {
  const keys = new Set<string>();
  const areLeaves = ({ selections }: SelectionSetNode): boolean =>
    selections.every((selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT) return areLeaves(selection.selectionSet);
      if (selection.kind !== Kind.FIELD || selection.selectionSet) return false;
      keys.add((selection.alias ?? selection.name).value);
      return true;
    });
  for (const definition of operation.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION)
      for (const selection of definition.selectionSet.selections)
        if (selection.kind === Kind.FIELD && (selection.alias ?? selection.name).value === alias)
          if (!selection.selectionSet || !areLeaves(selection.selectionSet)) return undefined;
  return [...keys];
}
