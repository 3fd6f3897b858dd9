import type { FetchNode, RequiresSelection } from '@graphql-hive/router-query-planner';
import type { GraphQLSchema } from 'graphql';
import { createSource, property } from '#src/compile/source.ts';
import { cutOut, type Data, rewrite } from '#src/plan-data.ts';
import { compileFinder, type PlanPath, writeWalk } from '#src/plan-paths.ts';

export type Representations = Data[];

/** Entities that came in before, and their numbers by the key's value. */
export interface KnownEntities {
  readonly numbers: Map<unknown, number>;
  readonly entities: readonly unknown[];
}

/** What a fetch asks for, each entity once, and who waits for which. */
export interface Gathered {
  readonly representations: Representations;
  /** What is to be filled, and the number of its entity: those known before come first, then the representations. */
  readonly targets: readonly Data[];
  readonly indexes: readonly number[];
  /** Absent where keys are no plain values. */
  readonly known?: KnownEntities;
}

/**
 * Finds what a fetch is about and takes out of it what the fetch needs to know; what it is not about is left out. What
 * is known already is used up: its numbers go on with the new ones.
 */
export type Gather = (data: Data, representations: Representations, known?: KnownEntities) => Gathered;

type Requiring = Pick<FetchNode, 'requires' | 'inputRewrites'>;

export interface CompileGathererOptions {
  readonly schema: GraphQLSchema;
  readonly paths: readonly PlanPath[];
  readonly fetch: Requiring;
}

/** Representations may be there already, from an earlier part of the same fetch. */
export function compileGatherer({ schema, paths, fetch }: CompileGathererOptions): Gather {
  const finders = paths.map((path) => compileFinder(schema, path));
  const find = (data: Data): Data[] => {
    const found: Data[] = [];
    for (const one of finders) one(data, found);
    return found;
  };
  const plain = fetch.inputRewrites?.length ? undefined : plainKey(fetch.requires ?? []);
  const any = gatherAny(schema, fetch, find);
  if (!plain) return any;
  const quick = compilePlain(schema, plain, paths);
  return (data, representations, known) =>
    (representations.length === 0 && quick(data, known ?? { numbers: new Map(), entities: [] })) ||
    any(data, representations);
}

interface PlainKey {
  readonly typeName: string;
  readonly field: string;
}

/** The common case, by far: one type, known by one field. */
function plainKey(requires: readonly RequiresSelection[]): PlainKey | undefined {
  const [only, ...others] = requires;
  if (only?.kind !== 'InlineFragment' || others.length > 0 || only.skipIf || only.includeIf) return undefined;
  const names: string[] = [];
  for (const selection of only.selections) {
    if (selection.kind !== 'Field' || selection.alias || selection.selections?.length) return undefined;
    if (selection.name !== '__typename') names.push(selection.name);
  }
  const [field] = names;
  return names.length === 1 && field ? { typeName: only.typeCondition, field } : undefined;
}

/**
 * For entities of this very type whose keys are text or whole numbers, which then tell them apart: compiled, the way to
 * them with it, so that the names are the engine's own. Gives nothing where one is otherwise.
 */
function compilePlain(
  schema: GraphQLSchema,
  { typeName, field }: PlainKey,
  paths: readonly PlanPath[],
): (data: Data, known: KnownEntities) => Gathered | undefined {
  const source = createSource();
  const take = (t: string) => `x=${t}${property(field)};if(x!==undefined){
if(${t}.__typename!==${JSON.stringify(typeName)}||(typeof x!=="string"&&typeof x!=="number"))return undefined;
n=numbers.get(x);if(n===undefined){n=numbers.size;representations.push({__typename:${JSON.stringify(typeName)},${property(field)}:x});numbers.set(x,n);}
targets.push(${t});indexes.push(n);}`;
  const name = source.declare(
    'plain',
    (own) => `function ${own}(data,known){const representations=[],targets=[],indexes=[],numbers=known.numbers;let x,n;
${paths.map((path) => writeWalk({ schema, source, path, take, value: 'data' })).join('\n')}
return {representations,targets,indexes,known};}`,
  );
  return source.build(name) as (data: Data, known: KnownEntities) => Gathered | undefined;
}

function gatherAny(
  schema: GraphQLSchema,
  { requires = [], inputRewrites }: Requiring,
  find: (data: Data) => Data[],
): Gather {
  return (data, representations) => {
    const targets: Data[] = [];
    const indexes: number[] = [];
    const known = createKnown(representations);
    for (const target of find(data)) {
      const representation = cutOut(schema, target, requires);
      if (!representation) continue;
      representation.__typename ??= target.__typename;
      rewrite(schema, representation, inputRewrites);
      targets.push(target);
      indexes.push(known.indexOf(representation));
    }
    return { representations, targets, indexes };
  };
}

/** Knows representations by what is in them, adds the new ones. */
function createKnown(representations: Representations) {
  let known: Map<string, number> | undefined;
  const start = () => {
    known = new Map();
    for (const [index, representation] of representations.entries()) known.set(keyOf(representation), index);
    return known;
  };
  return {
    indexOf(representation: Data): number {
      const all = known ?? start();
      const key = keyOf(representation);
      let index = all.get(key);
      if (index === undefined) all.set(key, (index = representations.push(representation) - 1));
      return index;
    },
  };
}

/** Names in their order, so that two of the same thing have the same key however they were cut out. */
function keyOf(representation: Data): string {
  let key = '';
  for (const name of Object.keys(representation).sort()) {
    const value = representation[name];
    key += typeof value === 'string' ? `${name}"${value.length}:${value}` : `${name}=${JSON.stringify(value)};`;
  }
  return key;
}
