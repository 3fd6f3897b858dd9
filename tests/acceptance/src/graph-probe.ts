import {
  buildClientSchema,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  type IntrospectionQuery,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import type { Person } from '#src/person.ts';

/** The schema as the endpoint itself tells it. */
export async function askSchema(person: Person): Promise<GraphQLSchema> {
  return buildClientSchema(await person.graph<IntrospectionQuery>(getIntrospectionQuery({ descriptions: false })));
}

export interface RootField {
  readonly operation: 'query' | 'mutation' | 'subscription';
  readonly field: GraphQLField<unknown, unknown>;
}

/** Every way into the graph, by its name. */
export function rootFields(schema: GraphQLSchema): ReadonlyMap<string, RootField> {
  const found = new Map<string, RootField>();
  for (const [operation, type] of [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const)
    for (const field of Object.values(type?.getFields() ?? {})) found.set(field.name, { operation, field });
  return found;
}

/** Arguments for fields below the root, by `Type.field`; a field that requires one and is not here fails the crawl. */
export type NestedArguments = Readonly<Record<string, string>>;

/** Fields below the root that take arguments: each must be known, or the crawl would not go there. */
export function nestedWithArguments(schema: GraphQLSchema): string[] {
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  return Object.values(schema.getTypeMap())
    .filter((type): type is GraphQLObjectType => isObjectType(type) && !roots.has(type) && !type.name.startsWith('__'))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => field.args.length > 0)
        .map((field) => `${type.name}.${field.name}`),
    );
}

/** One operation that asks one root field for all that can be reached in so many steps. */
export function operationFor(
  root: RootField,
  args: Readonly<Record<string, unknown>>,
  nested: NestedArguments,
): string {
  const given = root.field.args.filter((argument) => argument.name in args);
  const heads = given.map((argument) => `$${argument.name}: ${argument.type}`).join(', ');
  const passed = given.map((argument) => `${argument.name}: $${argument.name}`).join(', ');
  const selection = selectionOf(getNamedType(root.field.type) as GraphQLObjectType, nested, 4, []);
  return `${root.operation}${heads && ` (${heads})`} { ${root.field.name}${passed && `(${passed})`} ${selection} }`;
}

function selectionOf(type: unknown, nested: NestedArguments, depth: number, above: readonly string[]): string {
  if (!isObjectType(type)) return '';
  const parts: string[] = [];
  for (const field of Object.values(type.getFields())) {
    const args = nested[`${type.name}.${field.name}`] ?? '';
    if (args === '' && field.args.some(isRequiredArgument)) continue;
    const below = getNamedType(field.type);
    if (!isObjectType(below)) parts.push(`${field.name}${args}`);
    // Going round the same types again costs much and reaches nothing else.
    else if (depth > 1 && !above.includes(below.name))
      parts.push(`${field.name}${args} ${selectionOf(below, nested, depth - 1, [...above, type.name])}`);
  }
  return `{ ${parts.length > 0 ? parts.join(' ') : '__typename'} }`;
}
