import type { FetchNode, RequiresSelection } from '@graphql-hive/router-query-planner';
import type { GraphQLSchema } from 'graphql';
import { cutOut, type Data, fallsUnder, rewrite, type Target } from '#src/plan-data.ts';

/** Representations of entities, each asked for once, and by their number the places that wait for them. */
export interface Gatherer {
  readonly representations: Data[];
  readonly waiting: (readonly Target[])[];
  gather(targets: readonly Target[], fetch: Pick<FetchNode, 'requires' | 'inputRewrites'>): void;
}

interface Cut {
  readonly representation: Data;
  readonly key: string;
}

/** Representations may be there already, from an earlier part of the same fetch. */
export function createGatherer(schema: GraphQLSchema, representations: Data[]): Gatherer {
  const waiting: Target[][] = [];
  const known = new Map<string, number>();
  for (const [index, representation] of representations.entries()) known.set(keyOf(representation), index);

  return {
    representations,
    waiting,
    gather(targets, fetch) {
      const cut = cutterOf(schema, fetch);
      for (const target of targets) {
        const found = cut(target.entity);
        if (!found) continue;
        let index = known.get(found.key);
        if (index === undefined) {
          index = representations.push(found.representation) - 1;
          known.set(found.key, index);
        }
        const places = waiting[index];
        if (places) places.push(target);
        else waiting[index] = [target];
      }
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

type Cutter = (entity: Data) => Cut | undefined;

function cutterOf(schema: GraphQLSchema, fetch: Pick<FetchNode, 'requires' | 'inputRewrites'>): Cutter {
  const { requires = [], inputRewrites } = fetch;
  if (!inputRewrites?.length) {
    const plain = plainKeys(requires);
    if (plain) return (entity) => cutPlain(schema, entity, plain);
  }
  return (entity) => {
    const representation = cutOut(schema, entity, requires);
    if (!representation) return undefined;
    representation.__typename ??= entity.__typename;
    rewrite(schema, representation, inputRewrites);
    return { representation, key: keyOf(representation) };
  };
}

interface PlainKey {
  readonly typeName: string;
  readonly field: string;
}

/** The common case, by far: one type, known by one field. */
function plainKeys(requires: readonly RequiresSelection[]): PlainKey | undefined {
  const [only, ...others] = requires;
  if (only?.kind !== 'InlineFragment' || others.length > 0) return undefined;
  const names: string[] = [];
  for (const selection of only.selections) {
    if (selection.kind !== 'Field' || selection.alias || selection.selections?.length) return undefined;
    if (selection.name !== '__typename') names.push(selection.name);
  }
  const [field] = names;
  return names.length === 1 && field ? { typeName: only.typeCondition, field } : undefined;
}

function cutPlain(schema: GraphQLSchema, entity: Data, { typeName, field }: PlainKey): Cut | undefined {
  const { __typename } = entity;
  const value = entity[field];
  if (value === undefined || !fallsUnder(schema, __typename, typeName)) return undefined;
  const representation = { __typename, [field]: value };
  return { representation, key: keyOf(representation) };
}
