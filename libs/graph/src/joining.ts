import { type DocumentNode, type GraphQLSchema, isObjectType, Kind, type SelectionSetNode } from 'graphql';
import { createSource, property } from '#src/compile/source.ts';
import { copyOf, type Data, isData, mergeInto } from '#src/plan-data.ts';
import type { Gathered } from '#src/representations.ts';

/** Puts fetched entities, and those that were known before, where they were waited for. */
export type Join = (entities: unknown, gathered: Gathered) => void;

export interface Joiner {
  readonly join: Join;
  /** The same entity may be joined again later in the run. */
  readonly mayShare: boolean;
}

/**
 * How the entities of one alias of a fetch are joined. Those of leaves alone may go to many places as they are; where
 * there are objects in them, later fetches may fill these apart from each other, and each place has its own.
 */
export function compileJoiner(schema: GraphQLSchema, operation: DocumentNode, alias: string): Joiner {
  const leaves = leavesOf(operation, alias);
  if (leaves) return { join: compileLeaves(schema, leaves), mayShare: true };
  const join: Join = (entities, { targets, indexes }) => {
    if (!Array.isArray(entities)) return;
    const taken = new Set<number>();
    for (let at = 0; at < targets.length; at++) {
      const index = indexes[at]!;
      const entity: unknown = entities[index];
      if (!isData(entity)) continue;
      keepKnownType(schema, targets[at]!, entity);
      mergeInto(targets[at]!, taken.has(index) ? copyOf(entity) : entity);
      taken.add(index);
    }
  };
  return { join, mayShare: false };
}

/** A subgraph that has an interface as an object calls its things by the interface's name: another knows better. */
function keepKnownType(schema: GraphQLSchema, { __typename: known }: Data, entity: Data): void {
  const { __typename } = entity;
  if (known === undefined || __typename === undefined || __typename === known) return;
  if (!isObjectType(schema.getType(String(__typename)))) entity.__typename = known;
}

/** All at once, with the names in the code: what is not there yet is set; what is goes the longer way. */
function compileLeaves(schema: GraphQLSchema, names: readonly string[]): Join {
  const source = createSource();
  const merge = source.constant(mergeInto);
  const others = names.filter((name) => name !== '__typename');
  const lines = others.map((name) => `x=e${property(name)};if(x!==undefined)t${property(name)}=x;`);
  const keepType = `${source.constant((target: Data, entity: Data) => keepKnownType(schema, target, entity))}(t,e);`;
  const hasType = others.length < names.length;
  if (hasType) lines.push('if(e.__typename!==undefined)t.__typename=e.__typename;');
  const isThere = others.map((name) => `t${property(name)}!==undefined`).join('||') || 'false';
  const name = source.declare(
    'join',
    (own) => `function ${own}(came,gathered){if(!Array.isArray(came))return;
const {targets,indexes,known}=gathered,before=known?known.entities:came,first=known?before.length:0;let x;
for(let at=0;at<targets.length;at++){const t=targets[at],n=indexes[at],e=n<first?before[n]:came[n-first];
if(typeof e!=="object"||e===null||Array.isArray(e))continue;
${hasType ? keepType : ''}
if(${isThere}){${merge}(t,e);continue;}
${lines.join('')}}}`,
  );
  return source.build(name) as Join;
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
