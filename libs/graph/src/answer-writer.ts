/**
 * Writes the answer as JSON text in one pass over everything that was fetched. What the operation selects is compiled
 * once for each document and each setting of its @skip and @include variables: response keys in their order, merged
 * fragments, nulls that rise to the next place that may be null, enum values that people may see. Nothing that was
 * fetched only as a key can slip into the answer, for only what is selected is written.
 */
import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { type Missing, noteProblem } from '#src/missing.ts';
import type { Operation } from '#src/operation.ts';
import { type Data, isData } from '#src/plan-data.ts';

/** One answer while it is written. `at` is the path of what is being written; longer than it where the walk came back. */
export interface Writing {
  readonly at: (string | number)[];
  readonly missing: Missing;
  /** What the schema says of itself, by response key of the root. */
  readonly aboutSchema: Data;
}

/** The JSON text of a value; undefined where it had to be null and may not. */
export type Write = (value: unknown, writing: Writing) => string | undefined;

interface Place {
  readonly depth: number;
  readonly name: string;
  readonly nodes: readonly FieldNode[];
}

interface WrittenField {
  readonly key: string;
  /** `"key":`, with the comma before it where it is not the first. */
  readonly start: string;
  readonly write: Write;
}

export interface CompileOptions {
  readonly schema: GraphQLSchema;
  readonly operation: Operation;
  /** Only those of @skip and @include are looked at. */
  readonly variables: { readonly [name: string]: unknown };
}

/** Compiles an operation's selection, for these values of its conditions. */
export function compileAnswer({ schema, operation, variables }: CompileOptions): Write {
  const { fragments, node } = operation;

  function object(type: GraphQLObjectType, selected: ReadonlyMap<string, readonly FieldNode[]>, depth: number): Write {
    const fields: WrittenField[] = [];
    for (const [key, nodes] of selected) {
      const write = field(type, key, nodes, depth + 1);
      if (write) fields.push({ key, start: `${fields.length > 0 ? ',' : ''}${JSON.stringify(key)}:`, write });
    }
    return (value, writing) => {
      if (value === null || value === undefined) return 'null';
      if (!isData(value)) return noteProblem(writing, depth, `A ${type.name} was expected, and something else came.`);
      let text = '{';
      for (const { key, start, write } of fields) {
        writing.at[depth] = key;
        const part = write(value[key], writing);
        if (part === undefined) return undefined;
        text += start + part;
      }
      return `${text}}`;
    };
  }

  function field(parent: GraphQLObjectType, key: string, nodes: readonly FieldNode[], depth: number) {
    const name = nodes[0]!.name.value;
    if (name === '__typename') return constant(JSON.stringify(parent.name));
    if (name === '__schema' || name === '__type')
      return (_value: unknown, { aboutSchema }: Writing) => JSON.stringify(aboutSchema[key] ?? null);
    const type = parent.getFields()[name]?.type;
    return type && value(type, { depth, name: `${parent.name}.${name}`, nodes });
  }

  function value(type: GraphQLOutputType, place: Place): Write {
    const write = bare(getNullableType(type), place);
    if (!isNonNullType(type)) return (given, writing) => write(given, writing) ?? 'null';
    return (given, writing) => {
      const text = write(given, writing);
      if (text !== 'null') return text;
      // What never came was lost with the fetch that failed beside it, and that failure is told already.
      if (given === undefined && writing.missing.errors.length > 0) return undefined;
      writing.missing.note(writing.at, place.depth, `Cannot return null for non-nullable field ${place.name}.`);
      return undefined;
    };
  }

  function bare(type: ReturnType<typeof getNullableType>, place: Place): Write {
    if (isListType(type)) return list(value(type.ofType as GraphQLOutputType, deeper(place)), place);
    if (isObjectType(type)) return object(type, subfields(type, place), place.depth);
    if (isAbstractType(type)) return abstract(type.name, place);
    if (!isEnumType(type)) return writeLeaf;
    const known = new Map(type.getValues().map(({ name }) => [name, JSON.stringify(name)]));
    return (given, writing) => {
      if (given === null || given === undefined) return 'null';
      const problem = () => noteProblem(writing, place.depth, `${type.name} has no value ${String(given)}.`);
      return known.get(given as string) ?? problem();
    };
  }

  function abstract(name: string, place: Place): Write {
    const writers = new Map<string, Write>();
    const compile = (typeName: string): Write | undefined => {
      const [type, above] = [schema.getType(typeName), schema.getType(name)];
      if (!isObjectType(type) || !isAbstractType(above) || !schema.isSubType(above, type)) return undefined;
      const write = object(type, subfields(type, place), place.depth);
      writers.set(typeName, write);
      return write;
    };
    return (given, writing) => {
      if (given === null || given === undefined) return 'null';
      const typeName = isData(given) ? String(given.__typename) : '';
      const write = writers.get(typeName) ?? compile(typeName);
      if (!write) return noteProblem(writing, place.depth, `${name} has no type ${typeName}.`);
      return write(given, writing);
    };
  }

  const subfields = (type: GraphQLObjectType, { nodes }: Place) =>
    collectSubfields(schema, fragments, variables, type, nodes);

  const root = schema.getRootType(node.operation)!;
  return object(root, collectFields(schema, fragments, variables, root, node.selectionSet), 0);
}

const deeper = (place: Place): Place => ({ ...place, depth: place.depth + 1 });
const constant = (text: string): Write => {
  return () => text;
};

function list(write: Write, { depth, name }: Place): Write {
  return (value, writing) => {
    if (value === null || value === undefined) return 'null';
    if (!Array.isArray(value)) return noteProblem(writing, depth, `${name} is a list, and something else came.`);
    let text = '[';
    for (let index = 0; index < value.length; index++) {
      writing.at[depth] = index;
      const item = write(value[index], writing);
      if (item === undefined) return undefined;
      text += index > 0 ? `,${item}` : item;
    }
    return `${text}]`;
  };
}

/** Without quotes, backslashes, controls and halves of characters: what JSON writes as it is. */
const plain = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/** The subgraph has checked and serialised it already. */
function writeLeaf(value: unknown): string {
  if (typeof value === 'string') return plain.test(value) ? `"${value}"` : JSON.stringify(value);
  if (value === null || value === undefined) return 'null';
  return JSON.stringify(value) ?? 'null';
}
