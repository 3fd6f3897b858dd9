import { GraphQLError, GraphQLScalarType, Kind, type ObjectValueNode, type ValueNode } from 'graphql';

/** An instant. Out: ISO 8601 in UTC with milliseconds. In: any ISO 8601 date and time with a zone. */
export const dateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'An instant in ISO 8601, with its zone.',
  serialize(value) {
    const date = value instanceof Date ? value : new Date(value as string | number);
    if (Number.isNaN(date.getTime())) throw new GraphQLError('A DateTime was given that is no time.');
    return date.toISOString();
  },
  parseValue: toDate,
  parseLiteral: (node) => toDate(node.kind === Kind.STRING ? node.value : undefined),
});

const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

function toDate(value: unknown): Date {
  const date = typeof value === 'string' && iso.test(value) ? new Date(value) : undefined;
  if (!date || Number.isNaN(date.getTime()))
    throw new GraphQLError('Give a time as ISO 8601 with its zone: 2026-01-31T12:00:00Z.', {
      extensions: { code: 'bad-input', status: 400 },
    });
  return date;
}

/** Any JSON value. */
export const jsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => literal(node, variables ?? undefined),
});

function literal(node: ValueNode, variables: Record<string, unknown> | undefined): unknown {
  if (node.kind === Kind.NULL) return null;
  if (node.kind === Kind.VARIABLE) return variables?.[node.name.value];
  if (node.kind === Kind.INT || node.kind === Kind.FLOAT) return Number(node.value);
  if (node.kind === Kind.LIST) return node.values.map((item) => literal(item, variables));
  if (node.kind === Kind.OBJECT) return fields(node, variables);
  return node.value;
}

function fields(node: ObjectValueNode, variables: Record<string, unknown> | undefined): Record<string, unknown> {
  return Object.fromEntries(node.fields.map((field) => [field.name.value, literal(field.value, variables)]));
}
