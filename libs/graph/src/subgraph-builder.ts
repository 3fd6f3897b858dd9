import SchemaBuilder from '@pothos/core';
import DirectivesPlugin from '@pothos/plugin-directives';
import type { Access } from '@steading/access';
import type { Log } from '@steading/kit';
import { accessPluginName, registerAccessPlugin } from '#src/access-plugin.ts';
import { installEntityResolver } from '#src/entities.ts';
import { federationPluginName, toSubgraphSchema } from '#src/federation-plugin.ts';
import { type DeclaredAccess, requireAccess } from '#src/field-access.ts';
import { toGraphError } from '#src/graph-errors.ts';
import { dateTimeScalar, jsonScalar } from '#src/scalars.ts';
import type { GraphContext, Subgraph } from '#src/subgraph.ts';

export interface SubgraphBuilderOptions {
  readonly service: string;
  readonly log: Log;
  readonly access: Access;
}

interface SubgraphTypes {
  Context: GraphContext;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date | string | number };
    JSON: { Input: unknown; Output: unknown };
  };
}

/**
 * Pothos as every service uses it: Apollo Federation 2, the scalars DateTime and JSON, fields that are not null unless
 * they say `nullable: true`, and `access` on every root field. `Query`, `Mutation` and `Subscription` come into being
 * with their first field (`builder.queryField`, `builder.mutationField`, `builder.subscriptionField`).
 */
export function createSubgraphBuilder(options: SubgraphBuilderOptions) {
  registerAccessPlugin();
  const builder = new SchemaBuilder<SubgraphTypes>({
    // The directives plugin stands first, else every @key is silently left out. Pothos wraps from the last to the first.
    plugins: [DirectivesPlugin, federationPluginName, accessPluginName],
    defaultFieldNullability: false,
    steading: options,
  });
  builder.addScalarType('DateTime', dateTimeScalar);
  builder.addScalarType('JSON', jsonScalar);
  return withRootTypes(builder);
}

export type SubgraphBuilder = ReturnType<typeof createSubgraphBuilder>;

/** A subgraph must not declare a root type without fields, and no noun's file should have to know whether it is first. */
function withRootTypes(builder: PothosSchemaTypes.SchemaBuilder<PothosSchemaTypes.ExtendDefaultTypes<SubgraphTypes>>) {
  const declared = new Set<string>();
  const { queryField, queryFields, mutationField, mutationFields, subscriptionField, subscriptionFields } = builder;
  const first = (type: 'Query' | 'Mutation' | 'Subscription') => {
    if (declared.has(type)) return;
    declared.add(type);
    if (type === 'Query') builder.queryType({});
    else if (type === 'Mutation') builder.mutationType({});
    else builder.subscriptionType({});
  };
  builder.queryField = (...given) => {
    first('Query');
    queryField.apply(builder, given);
  };
  builder.queryFields = (...given) => {
    first('Query');
    queryFields.apply(builder, given);
  };
  builder.mutationField = (...given) => {
    first('Mutation');
    mutationField.apply(builder, given);
  };
  builder.mutationFields = (...given) => {
    first('Mutation');
    mutationFields.apply(builder, given);
  };
  builder.subscriptionField = (...given) => {
    first('Subscription');
    subscriptionField.apply(builder, given);
  };
  builder.subscriptionFields = (...given) => {
    first('Subscription');
    subscriptionFields.apply(builder, given);
  };
  return builder;
}

/**
 * A reference resolver that checks before it loads, for `asEntity` and `externalRef`:
 * `resolveReference: reference(builder, privilege('space.read', (key) => key.id), (key, context) => load(key.id))`.
 */
export function reference<Key, Shape>(
  builder: SubgraphBuilder,
  declared: DeclaredAccess<Key, undefined>,
  load: (key: Key, context: GraphContext) => Promise<Shape> | Shape,
): (key: Key, context: GraphContext) => Promise<Shape> | Shape {
  const { access, log } = optionsOf(builder);
  const refuse = (error: unknown, context: GraphContext): never => {
    throw toGraphError(error, context, log);
  };
  return (key, context) => {
    try {
      const waited = requireAccess(access, declared, key, undefined, context);
      const found = waited ? waited.then(() => load(key, context)) : load(key, context);
      return found instanceof Promise ? found.catch((error: unknown) => refuse(error, context)) : found;
    } catch (error) {
      return refuse(error, context);
    }
  };
}

/** Builds the schema. Throws where a root field does not say who may have it. */
export function finish(builder: SubgraphBuilder): Subgraph {
  const { schema, sdl } = toSubgraphSchema(builder as never);
  installEntityResolver(schema);
  return { schema, sdl };
}

/** The text of the committed `schema.graphql` of a service. */
export function printSubgraph(subgraph: Subgraph): string {
  return `# Generated from the service's code by \`./steading generate\`; not edited by hand.\n${subgraph.sdl.trim()}\n`;
}

function optionsOf(builder: SubgraphBuilder): SubgraphBuilderOptions {
  return (builder as unknown as { options: { steading: SubgraphBuilderOptions } }).options.steading;
}
