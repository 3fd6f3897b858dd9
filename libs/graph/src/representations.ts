import type { FetchNode, RequiresSelection } from '@graphql-hive/router-query-planner';
import type { GraphQLSchema } from 'graphql';
import { cutOut, type Data, fallsUnder, rewrite } from '#src/plan-data.ts';

export type Representations = Data[];

/** What a fetch asks for, each entity once, and who waits for which. */
export interface Gathered {
  readonly representations: Representations;
  /** What is to be filled, and the number of its representation. */
  readonly targets: readonly Data[];
  readonly indexes: readonly number[];
}

/** Takes out of the targets what a fetch needs to know of them; those it is not about are left out. */
export type Gather = (targets: readonly Data[], representations: Representations) => Gathered;

type Requiring = Pick<FetchNode, 'requires' | 'inputRewrites'>;

/** Representations may be there already, from an earlier part of the same fetch. */
export function compileGatherer(schema: GraphQLSchema, fetch: Requiring): Gather {
  const plain = fetch.inputRewrites?.length ? undefined : plainKey(fetch.requires ?? []);
  return plain ? gatherPlain(schema, plain) : gatherAny(schema, fetch);
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

function gatherPlain(schema: GraphQLSchema, { typeName, field }: PlainKey): Gather {
  return (all, representations) => {
    const targets: Data[] = [];
    const indexes: number[] = [];
    const known = new Map<unknown, number>();
    const others = createKnown(representations);
    for (let at = 0; at < all.length; at++) {
      const target = all[at]!;
      const value = target[field];
      const ofType = target.__typename;
      if (value === undefined || !(ofType === typeName || fallsUnder(schema, ofType, typeName))) continue;
      // Text and whole numbers are their own keys, among things of one type.
      const simple = ofType === typeName && others.isEmpty && (typeof value === 'string' || typeof value === 'number');
      let index = simple ? known.get(value) : undefined;
      if (index === undefined) {
        const representation = { __typename: ofType, [field]: value };
        index = simple ? representations.push(representation) - 1 : others.indexOf(representation);
        if (simple) known.set(value, index);
      }
      targets.push(target);
      indexes.push(index);
    }
    return { representations, targets, indexes };
  };
}

function gatherAny(schema: GraphQLSchema, { requires = [], inputRewrites }: Requiring): Gather {
  return (all, representations) => {
    const targets: Data[] = [];
    const indexes: number[] = [];
    const known = createKnown(representations);
    for (const target of all) {
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
    /** Whether nothing has been looked up or was there before. */
    isEmpty: representations.length === 0,
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
