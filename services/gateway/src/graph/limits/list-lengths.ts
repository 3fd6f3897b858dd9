import {
  type FieldNode,
  type GraphQLArgument,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';

/** The values of variables, where they are known. */
export type Variables = Readonly<Record<string, unknown>>;

export interface SaidLength {
  /** What `first` and its like say: `first: 20`, `page: { first: $n }`; undefined where nothing does. */
  readonly length: number | undefined;
  /** The most values that a list among the arguments has: a field asked with forty ids gives forty things. */
  readonly values: number;
  /** A variable says one of them: the values of each request count. */
  readonly open: boolean;
}

const names = new Set(['first', 'last', 'limit', 'take']);

/** How long a field says its list may be. */
export function saidLength(
  field: FieldNode,
  args: readonly GraphQLArgument[],
  variables: Variables | undefined,
): SaidLength {
  let length: number | undefined;
  let values = 0;
  let open = false;
  for (const { name, value } of field.arguments ?? []) {
    const isLength = names.has(name.value);
    const type = args.find((one) => one.name === name.value)?.type;
    const holds = type !== undefined && (isListType(getNullableType(type)) || isInputObjectType(getNamedType(type)));
    if (!isLength && !holds) continue;
    open ||= mentionsVariable(value);
    const known: unknown = valueFromASTUntyped(value, variables);
    if (Array.isArray(known)) values = Math.max(values, known.length);
    const said = isLength ? asLength(known) : lengthWithin(known);
    if (said !== undefined) length = Math.max(length ?? 0, said);
  }
  return { length, values, open };
}

function lengthWithin(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  let length: number | undefined;
  for (const [key, inner] of Object.entries(value)) {
    const said = names.has(key) ? asLength(inner) : undefined;
    if (said !== undefined) length = Math.max(length ?? 0, said);
  }
  return length;
}

/** What is no number is refused when the variables are read. */
const asLength = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? Math.max(1, value) : undefined;

function mentionsVariable(value: ValueNode): boolean {
  if (value.kind === Kind.VARIABLE) return true;
  if (value.kind === Kind.LIST) return value.values.some(mentionsVariable);
  return value.kind === Kind.OBJECT && value.fields.some((field) => mentionsVariable(field.value));
}

/** The variables of a request, with the defaults that the operation gives. */
export function withDefaults(operation: OperationDefinitionNode, variables: Variables | undefined): Variables {
  const values: Record<string, unknown> = { ...variables };
  for (const { variable, defaultValue } of operation.variableDefinitions ?? [])
    if (values[variable.name.value] === undefined && defaultValue)
      values[variable.name.value] = valueFromASTUntyped(defaultValue);
  return values;
}
