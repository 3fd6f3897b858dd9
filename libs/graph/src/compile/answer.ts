/**
 * Writes the answer as JSON text in one pass over everything that was fetched. What the operation selects is compiled
 * to JavaScript once for each document and each setting of its @skip and @include variables: response keys in their
 * order, merged fragments, nulls that rise to the next place that may be null, enum values that people may see. Nothing
 * that was fetched only as a key can slip into the answer, for only what is selected is written.
 *
 * Text is added to as it comes. Strings never change, so taking back what a null has undone costs nothing: the text of
 * before is still there.
 */
import { kitErrors } from '@steading/kit';
import {
  type FieldNode,
  type GraphQLAbstractType,
  GraphQLBoolean,
  type GraphQLEnumType,
  GraphQLID,
  GraphQLInt,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLString,
  getNullableType,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { createNumbering, createSource, property, type Source } from '#src/compile/source.ts';
import type { FetchedNames } from '#src/fetched-names.ts';
import { type Missing, noteProblem } from '#src/missing.ts';
import type { Operation } from '#src/operation.ts';
import { type Data, isData } from '#src/plan-data.ts';

/** One answer while it is written. `at` is the path of what is being written; longer than it where the walk came back. */
export interface Writing {
  readonly at: (string | number)[];
  readonly missing: Missing;
  /** What the schema says of itself, by response key of the root. */
  readonly aboutSchema: Data;
  /** Characters that a list may have, and with it the answer. */
  readonly maxLength: number;
}

/** The JSON text of a value; undefined where it had to be null and may not. */
export type Write = (value: unknown, writing: Writing) => string | undefined;

/** The same for a value at this depth of the answer. */
type WriteAt = (value: unknown, writing: Writing, depth: number) => string | undefined;

export interface CompileAnswerOptions {
  readonly schema: GraphQLSchema;
  readonly operation: Operation;
  /** Only those of @skip and @include are looked at. */
  readonly variables: { readonly [name: string]: unknown };
  readonly names: FetchedNames;
}

type Fields = ReadonlyMap<string, readonly FieldNode[]>;

interface Compiling extends CompileAnswerOptions {
  readonly source: Source;
  readonly numberOf: (nodes: readonly object[]) => string;
}

/** Compiles an operation's selection, for these values of its conditions. */
export function compileAnswer(options: CompileAnswerOptions): Write {
  const { schema, operation, variables } = options;
  const { fragments, node } = operation;
  const compiling: Compiling = { ...options, source: createSource(), numberOf: createNumbering() };
  const root = schema.getRootType(node.operation)!;
  const fields = collectFields(schema, fragments, variables, root, node.selectionSet);
  const write = compiling.source.build(declareObject(compiling, root, fields, 'root')) as WriteAt;
  return (value, writing) => write(value, writing, 0);
}

/**
 * The function of an object: `(v, w, d)` gives its text, or undefined. Fields whose text is sure to be quoted share
 * their quotes with the names around them.
 */
function declareObject(compiling: Compiling, type: GraphQLObjectType, fields: Fields, key: string): string {
  const { source } = compiling;
  return source.declare(`object ${type.name} ${key}`, (own) => {
    const isObject = source.constant(isData);
    const problem = source.constant(noteProblem);
    const text = JSON.stringify(`A ${type.name} was expected, and something else came.`);
    const lines: string[] = [];
    /** What is to be written next and is known already. */
    let known = '{';
    const flush = (also = '') => {
      if (known !== '') lines.push(`s+=${JSON.stringify(known)}${also};`);
      else if (also !== '') lines.push(`s+=${also.slice(1)};`);
      known = '';
    };
    for (const [response, nodes] of fields) {
      const field = describe(compiling, type, response, nodes);
      if (!field) continue;
      if (known.at(-1) !== '{' || lines.length > 0) known += ',';
      known += `${JSON.stringify(response)}:`;
      if ('constant' in field) known += field.constant;
      else if (field.quoted) {
        known += '"';
        flush();
        lines.push(field.code);
        known = '"';
      } else {
        flush();
        lines.push(field.code);
      }
    }
    known += '}';
    flush();
    const guard = `if(!${isObject}(v))return v===null||v===undefined?"null":${problem}(w,d,${text});`;
    return `function ${own}(v,w,d){${guard}let s="",x,t;\n${lines.join('\n')}\nreturn s;}`;
  });
}

type FieldCode = { readonly constant: string } | { readonly code: string; readonly quoted: boolean };

function describe(
  compiling: Compiling,
  parent: GraphQLObjectType,
  key: string,
  nodes: readonly FieldNode[],
): FieldCode | undefined {
  const { source } = compiling;
  const name = nodes[0]!.name.value;
  if (name === '__typename') return { constant: JSON.stringify(parent.name) };
  if (name === '__schema' || name === '__type')
    return { code: `s+=JSON.stringify(w.aboutSchema${property(key)}??null);`, quoted: false };
  const type = parent.getFields()[name]?.type;
  if (!type) return undefined;
  const nullable = !isNonNullType(type);
  const bare = getNullableType(type);
  const read = `x=v${property(compiling.names.fetchedAs(key, nodes[0]!, parent.getFields()[name]!))};`;
  const place = JSON.stringify(`${parent.name}.${name}`);
  const lost = `{w.at[d]=${JSON.stringify(key)};${source.constant(noteLost)}(x,w,d+1,${place});return undefined;}`;
  const isText = bare === GraphQLString || bare === GraphQLID;
  const quote = source.constant(escaped);
  if (isText && !nullable) return { code: `${read}if(x===null||x===undefined)${lost}s+=${quote}(x);`, quoted: true };
  if (isText) return { code: `${read}s+=x===null||x===undefined?"null":'"'+${quote}(x)+'"';`, quoted: false };
  const write = writerOf(compiling, bare, nodes, `${parent.name}.${name}`);
  const leaf = write === undefined;
  const value = leaf ? `t=${leafText(source, bare)};` : `w.at[d]=${JSON.stringify(key)};t=${write}(x,w,d+1);`;
  const rises = nullable ? 'if(t===undefined)t="null";' : `if(t===undefined||t==="null")${riseOr(source, leaf, lost)}`;
  return { code: `${read}${value}${rises}s+=t;`, quoted: false };
}

/** A null from below has been told already where it was noted; one that came as null is told here. */
function riseOr(source: Source, leaf: boolean, lost: string): string {
  void source;
  return leaf ? lost : `{if(t===undefined)return undefined;${lost}}`;
}

function leafText(source: Source, type: GraphQLOutputType): string {
  const other = `${source.constant(writeLeaf)}(x)`;
  if (type === GraphQLInt) return `typeof x==="number"?""+x:${other}`;
  if (type === GraphQLBoolean) return `x===true?"true":x===false?"false":${other}`;
  return other;
}

/** The function that writes values of this type, nulls among them; undefined for plain leaves. */
function writerOf(
  compiling: Compiling,
  bare: GraphQLOutputType,
  nodes: readonly FieldNode[],
  place: string,
): string | undefined {
  const { source } = compiling;
  if (isListType(bare)) return declareList(compiling, bare.ofType as GraphQLOutputType, nodes, place);
  if (isObjectType(bare)) return declareSelection(compiling, bare, nodes);
  if (isAbstractType(bare)) return source.constant(abstractWriter(compiling, bare, nodes));
  if (isEnumType(bare)) return source.constant(enumWriter(bare));
  return undefined;
}

function declareSelection(compiling: Compiling, type: GraphQLObjectType, nodes: readonly FieldNode[]): string {
  const { schema, operation, variables, numberOf } = compiling;
  const fields = collectSubfields(schema, operation.fragments, variables, type, nodes);
  return declareObject(compiling, type, fields, numberOf(nodes));
}

function declareList(
  compiling: Compiling,
  item: GraphQLOutputType,
  nodes: readonly FieldNode[],
  place: string,
): string {
  const { source, numberOf } = compiling;
  const nullable = !isNonNullType(item);
  const bare = getNullableType(item);
  const write = writerOf(compiling, bare, nodes, place);
  const value = write ? `w.at[d]=i;t=${write}(x,w,d+1);` : `t=${source.constant(writeLeaf)}(x);`;
  const name = JSON.stringify(place);
  const lost = `{w.at[d]=i;${source.constant(noteLost)}(x,w,d+1,${name});return undefined;}`;
  const rises = nullable
    ? 'if(t===undefined)t="null";'
    : `if(t===undefined||t==="null")${riseOr(source, !write, lost)}`;
  const refuse = source.constant(refuseLength);
  const problem = `${source.constant(noteProblem)}(w,d,${JSON.stringify(`${place} is a list, and something else came.`)})`;
  return source.declare(`list ${place} ${String(item)} ${numberOf(nodes)}`, (own) => {
    const guard = `if(!Array.isArray(v))return v===null||v===undefined?"null":${problem};`;
    return `function ${own}(v,w,d){${guard}let s="[",x,t;for(let i=0;i<v.length;i++){x=v[i];${value}${rises}s+=i===0?t:","+t;if(s.length>w.maxLength)${refuse}(w.maxLength);}return s+"]";}`;
  });
}

/** Throws: the answer is longer than it may be. */
export function refuseLength(maxLength: number): never {
  throw kitErrors('answer-too-large', { limit: `${Math.round(maxLength / 1000)} KB` });
}

/** Types under an interface or union are compiled when the first of them comes. */
function abstractWriter(compiling: Compiling, above: GraphQLAbstractType, nodes: readonly FieldNode[]): WriteAt {
  const { schema, operation, variables } = compiling;
  const writers = new Map<string, WriteAt>();
  const compile = (typeName: string): WriteAt | undefined => {
    const type = schema.getType(typeName);
    if (!isObjectType(type) || !schema.isSubType(above, type)) return undefined;
    const source = createSource();
    const fields = collectSubfields(schema, operation.fragments, variables, type, nodes);
    const write = source.build(declareObject({ ...compiling, source }, type, fields, 'first')) as WriteAt;
    writers.set(typeName, write);
    return write;
  };
  return (value, writing, depth) => {
    if (value === null || value === undefined) return 'null';
    const typeName = isData(value) ? String(value.__typename) : '';
    const write = writers.get(typeName) ?? compile(typeName);
    if (!write) return noteProblem(writing, depth, `${above.name} has no type ${typeName}.`);
    return write(value, writing, depth);
  };
}

function enumWriter(type: GraphQLEnumType): WriteAt {
  const known = new Map(type.getValues().map(({ name }) => [name, JSON.stringify(name)]));
  return (value, writing, depth) => {
    if (value === null || value === undefined) return 'null';
    return known.get(value as string) ?? noteProblem(writing, depth, `${type.name} has no value ${String(value)}.`);
  };
}

/** What never came was lost with a neighbour that failed in the same fetch, where there is one: that is told already. */
function noteLost(value: unknown, { at, missing }: Writing, depth: number, name: string): void {
  const above = value === undefined ? depth - 1 : depth;
  missing.note(at, depth, `Cannot return null for non-nullable field ${name}.`, above);
}

/** Without quotes, backslashes, controls and halves of characters: what JSON writes as it is. */
const plain = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/** Text as it stands between quotes. Short ones, most of them, are looked through without the expression. */
function escaped(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(String(value)).slice(1, -1);
  const { length } = value;
  if (length > 40) return plain.test(value) ? value : JSON.stringify(value).slice(1, -1);
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index);
    if (code < 32 || code === 34 || code === 92 || (code >= 0xd800 && code <= 0xdfff))
      return JSON.stringify(value).slice(1, -1);
  }
  return value;
}

/** The subgraph has checked and serialised it already. */
function writeLeaf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return `"${escaped(value)}"`;
  return JSON.stringify(value) ?? 'null';
}
