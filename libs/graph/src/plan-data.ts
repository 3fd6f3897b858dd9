import type { FetchNodePathSegment, FetchRewrite, RequiresSelection } from '@graphql-hive/router-query-planner';
import { type GraphQLSchema, isAbstractType, isObjectType } from 'graphql';

/** What the executor does to data, without asking anybody: finding, cutting out, renaming and joining. */
export type Data = { [name: string]: unknown };
export type Path = readonly (string | number)[];

export const isData = (value: unknown): value is Data =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether an object of this type falls under a type condition: the type itself, an interface of it, a union with it. */
export function fallsUnder(schema: GraphQLSchema, typeName: unknown, condition: string): boolean {
  if (typeName === condition) return true;
  const abstract = schema.getType(condition);
  const concrete = typeof typeName === 'string' ? schema.getType(typeName) : undefined;
  return isAbstractType(abstract) && isObjectType(concrete) && schema.isSubType(abstract, concrete);
}

/** Cuts out of an entity what a fetch needs to know of it; undefined where the entity is not one that it is about. */
export function cutOut(schema: GraphQLSchema, entity: Data, requires: readonly RequiresSelection[]): Data | undefined {
  const cut: Data = {};
  let matched = false;
  for (const selection of requires) {
    if (selection.kind === 'InlineFragment') {
      if (!fallsUnder(schema, entity.__typename, selection.typeCondition)) continue;
      const part = cutOut(schema, entity, selection.selections);
      if (part) mergeInto(cut, part);
      matched ||= part !== undefined;
    } else if (selection.kind === 'Field') {
      // The name is what it was fetched under, the alias what the subgraph calls it.
      const value = entity[selection.name];
      if (value === undefined) continue;
      matched = true;
      cut[selection.alias ?? selection.name] = cutValue(schema, value, selection.selections);
    }
  }
  return matched ? cut : undefined;
}

function cutValue(
  schema: GraphQLSchema,
  value: unknown,
  selections: readonly RequiresSelection[] | undefined,
): unknown {
  if (!selections || selections.length === 0) return value;
  if (Array.isArray(value)) return value.map((item) => cutValue(schema, item, selections));
  if (!isData(value)) return value;
  const cut = cutOut(schema, value, selections);
  // What differs by type is of no use without it.
  if (cut && value.__typename !== undefined && selections.some(({ kind }) => kind === 'InlineFragment'))
    cut.__typename = value.__typename;
  return cut ?? null;
}

/**
 * Joins what a fetch brought into what is there: objects and lists item by item, anything else replaces. What is new is
 * taken as it is, not copied: the source must not be used elsewhere.
 */
export function mergeInto(target: Data, source: Data): void {
  for (const name in source) {
    const there = target[name];
    target[name] = there === undefined ? source[name] : merged(there, source[name]);
  }
}

function merged(there: unknown, value: unknown): unknown {
  if (isData(there) && isData(value)) {
    mergeInto(there, value);
    return there;
  }
  if (Array.isArray(there) && Array.isArray(value) && there.length === value.length)
    return there.map((item, index) => merged(item, value[index]));
  // Null after an object means that one subgraph failed; what another one knows stays.
  return value === null ? there : value;
}

/** One entity may go to several places, which later fetches fill apart from each other. */
export function copyOf(entity: Data): Data {
  const made: Data = {};
  for (const name of Object.keys(entity)) made[name] = copy(entity[name]);
  return made;
}

const copy = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(copy) : isData(value) ? copyOf(value) : value;

/** Names and values that the plan exchanges, because subgraphs call a thing differently. */
export function rewrite(schema: GraphQLSchema, data: unknown, rewrites: readonly FetchRewrite[] | undefined): void {
  for (const one of rewrites ?? []) {
    if ('KeyRenamer' in one)
      atPath(schema, data, one.KeyRenamer.path, (holder, name) => {
        if (!(name in holder)) return;
        holder[one.KeyRenamer.renameKeyTo] = holder[name];
        delete holder[name];
      });
    else {
      const setter = 'ValueSetter' in one ? one.ValueSetter : one;
      atPath(schema, data, setter.path, (holder, name) => {
        holder[name] = setter.setValueTo;
      });
    }
  }
}

function atPath(
  schema: GraphQLSchema,
  value: unknown,
  path: readonly FetchNodePathSegment[],
  change: (holder: Data, name: string) => void,
): void {
  if (Array.isArray(value)) {
    for (const item of value) atPath(schema, item, path, change);
    return;
  }
  const [segment, ...rest] = path;
  if (!isData(value) || !segment) return;
  if ('TypenameEquals' in segment) {
    if (segment.TypenameEquals.some((name) => fallsUnder(schema, value.__typename, name)))
      atPath(schema, value, rest, change);
  } else if (rest.length === 0) change(value, segment.Key);
  else atPath(schema, value[segment.Key], rest, change);
}
