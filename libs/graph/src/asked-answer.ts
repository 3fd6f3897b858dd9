/**
 * Cuts the answer of a subgraph that is not trusted down to what was asked of it, and to the types that it promised.
 * What it puts beside its own fields never reaches what other subgraphs said of the same thing; a number where it
 * promised text is an error on that field and on no other.
 */
import {
  type ExecutionResult,
  type FragmentDefinitionNode,
  GraphQLError,
  getOperationAST,
  Kind,
  parse,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql';
import type { SubgraphOperation } from '#src/plan-runner.ts';

/** What an SDL says of its types, as far as answers are concerned. */
export interface PromisedTypes {
  /** Types with fields, by name. */
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, TypeNode>>;
  readonly enums: ReadonlyMap<string, ReadonlySet<string>>;
}

const maxErrors = 100;

/** Reads a subgraph's SDL, which composes. */
export function promisedTypes(sdl: string): PromisedTypes {
  const fields = new Map<string, Map<string, TypeNode>>();
  const enums = new Map<string, Set<string>>();
  for (const node of parse(sdl, { noLocation: true }).definitions) {
    if (node.kind === Kind.ENUM_TYPE_DEFINITION || node.kind === Kind.ENUM_TYPE_EXTENSION) {
      const values = enums.get(node.name.value) ?? new Set();
      for (const { name } of node.values ?? []) values.add(name.value);
      enums.set(node.name.value, values);
    } else if ('fields' in node && node.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION) {
      const known = fields.get(node.name.value) ?? new Map<string, TypeNode>();
      for (const field of node.fields ?? []) if ('arguments' in field) known.set(field.name.value, field.type);
      fields.set(node.name.value, known);
    }
  }
  return { fields, enums };
}

/** The answer with nothing in it that was not asked; what is of another type than promised is null, with an error. */
export function keepAsked(
  { document, operationName }: SubgraphOperation,
  answer: ExecutionResult,
  types: PromisedTypes,
): ExecutionResult {
  const operation = getOperationAST(document, operationName);
  if (!operation || !answer.data) return answer;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const walk: Walk = { types, fragments, errors: [] };
  const root = operation.operation === 'mutation' ? 'Mutation' : 'Query';
  const data = objectOf(walk, answer.data, [{ set: operation.selectionSet, type: root }], []);
  const errors = [...(answer.errors ?? []), ...walk.errors];
  return { data: data as NonNullable<ExecutionResult['data']>, ...(errors.length > 0 && { errors }) };
}

interface Walk {
  readonly types: PromisedTypes;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly errors: GraphQLError[];
}

/** Selections on the same value, and the type each of them is on. */
interface Selected {
  readonly set: SelectionSetNode;
  readonly type: string;
}

type Path = readonly (string | number)[];

interface Asked {
  readonly name: string;
  /** What was promised: the same on every type on which it may be asked, for the operation is valid. */
  type: TypeNode | undefined;
  readonly sets: SelectionSetNode[];
}

function askedOf(walk: Walk, selected: readonly Selected[], into = new Map<string, Asked>()): Map<string, Asked> {
  for (const { set, type } of selected)
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        const name = selection.name.value;
        const asked: Asked = into.get(key) ?? { name, type: undefined, sets: [] };
        into.set(key, asked);
        asked.type ??= walk.types.fields.get(type)?.get(name);
        if (selection.selectionSet) asked.sets.push(selection.selectionSet);
        continue;
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : walk.fragments.get(selection.name.value);
      if (fragment)
        askedOf(walk, [{ set: fragment.selectionSet, type: fragment.typeCondition?.name.value ?? type }], into);
    }
  return into;
}

function objectOf(walk: Walk, value: unknown, selected: readonly Selected[], path: Path): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return refuse(walk, path, 'an object');
  const kept: Record<string, unknown> = {};
  for (const [key, { name, type, sets }] of askedOf(walk, selected)) {
    const given = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
    const here = [...path, key];
    if (name === '__typename') {
      if (typeof given === 'string') kept[key] = given;
    } else if (name === '_entities') kept[key] = listOf(walk, given, here, (one, at) => entityOf(walk, one, sets, at));
    else if (given !== undefined) kept[key] = type ? typed(walk, given, { type, sets, path: here }) : null;
  }
  return kept;
}

/** Which type it is of, the fragments say. */
const entityOf = (walk: Walk, value: unknown, sets: readonly SelectionSetNode[], path: Path): unknown =>
  objectOf(
    walk,
    value,
    sets.map((set) => ({ set, type: '_Entity' })),
    path,
  );

interface Promised {
  readonly type: TypeNode;
  readonly sets: readonly SelectionSetNode[];
  readonly path: Path;
}

function typed(walk: Walk, value: unknown, { type, sets, path }: Promised): unknown {
  if (value === null || value === undefined) return null;
  if (type.kind === Kind.NON_NULL_TYPE) return typed(walk, value, { type: type.type, sets, path });
  if (type.kind === Kind.LIST_TYPE)
    return listOf(walk, value, path, (one, at) => typed(walk, one, { type: type.type, sets, path: at }));
  const name = type.name.value;
  if (sets.length > 0)
    return objectOf(
      walk,
      value,
      sets.map((set) => ({ set, type: name })),
      path,
    );
  const fits = leaves[name] ?? ((given: unknown) => walk.types.enums.get(name)?.has(given as string) ?? true);
  if (!fits(value)) return refuse(walk, path, name);
  return name === 'ID' ? String(value) : value;
}

function listOf(walk: Walk, value: unknown, path: Path, item: (one: unknown, at: Path) => unknown): unknown {
  if (value === null || value === undefined) return null;
  if (!Array.isArray(value)) return refuse(walk, path, 'a list');
  return value.map((one, index) => item(one, [...path, index]));
}

const leaves: Readonly<Record<string, (value: unknown) => boolean>> = {
  String: (value) => typeof value === 'string',
  Boolean: (value) => typeof value === 'boolean',
  Float: (value) => Number.isFinite(value),
  Int: (value) => Number.isInteger(value) && Math.abs(value as number) <= 2 ** 31,
  ID: (value) => typeof value === 'string' || Number.isSafeInteger(value),
};

function refuse({ errors }: Walk, path: Path, expected: string): null {
  if (errors.length < maxErrors)
    errors.push(
      new GraphQLError(`${expected} was expected, and something else came.`, {
        path: [...path],
        extensions: { code: 'subgraph-failed', status: 502 },
      }),
    );
  return null;
}
