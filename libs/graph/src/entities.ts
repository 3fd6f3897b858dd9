import { type GraphQLField, type GraphQLFieldResolver, type GraphQLSchema, isObjectType, isUnionType } from 'graphql';
import type { ResolveReference } from '#src/compile/running.ts';
import type { GraphContext } from '#src/subgraph.ts';

interface Representation {
  readonly __typename: string;
}

const resolversOf = new WeakMap<object, (typeName: string) => ResolveReference>();

/** How a compiled operation finds entities by itself, if this field is the one that finds them. */
export function referenceResolvers(
  field: GraphQLField<unknown, unknown>,
): ((typeName: string) => ResolveReference) | undefined {
  return resolversOf.get(field);
}

/**
 * Resolves all representations of a fetch side by side and waits for them as one, where the plug-in's own resolver
 * makes a chain of promises and a changed copy for each. One that fails is an error at its own place in the list.
 */
export function installEntityResolver(schema: GraphQLSchema): void {
  const field = schema.getQueryType()?.getFields()._entities;
  const union = schema.getType('_Entity');
  if (!field || !isUnionType(union)) return;
  const typeNames = new WeakMap<object, string>();
  union.resolveType = (value) => typeNames.get(value as object) ?? (value as Representation).__typename;

  const named = (value: unknown, typeName: string): unknown => {
    if (typeof value === 'object' && value !== null && !(value instanceof Error)) typeNames.set(value, typeName);
    return value;
  };
  const resolveOne = (key: Representation, context: GraphContext, info: unknown): unknown => {
    const resolve = resolverOf(schema, key.__typename);
    try {
      const found = resolve(key, context, info);
      if (!(found instanceof Promise)) return named(found, key.__typename);
      return found.then((value: unknown) => named(value, key.__typename), asError);
    } catch (error) {
      return asError(error);
    }
  };
  const resolveAll: GraphQLFieldResolver<unknown, GraphContext, { representations: Representation[] }> = (
    _root,
    { representations },
    context,
    info,
  ) => {
    const found = representations.map((key) => resolveOne(key, context, info));
    return found.some((one) => one instanceof Promise) ? Promise.all(found) : found;
  };
  field.resolve = resolveAll;
  resolversOf.set(field, (typeName) => resolverOf(schema, typeName));
}

function resolverOf(schema: GraphQLSchema, typeName: string): ResolveReference {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`bug: a reference to ${typeName}, which is no type here`);
  const { extensions } = type as unknown as {
    extensions: { apollo?: { subgraph?: { resolveReference?: ResolveReference } } };
  };
  return extensions.apollo?.subgraph?.resolveReference ?? ((key) => key);
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
