/**
 * What every field of a world gives, computed from the thing's id, the field and its arguments alone. The subgraphs and
 * the plain schema resolve by the same rules; only what a subgraph was told for a `@requires` comes from outside.
 */
import { GraphQLError, Kind, type SelectionSetNode, type TypeNode } from 'graphql';
import { createRandom, hashOf, type Random } from './random.ts';
import { type Field, idsOf, type Thing, typeOfId, type World } from './world.ts';
import { selectionOf } from './world-sdl.ts';

export type Given = Readonly<Record<string, unknown>>;
export interface Rules {
  /** What a field of this name gives for a thing; `told` where another subgraph said what the field requires. */
  give(field: Field, thing: Thing, given: Given, count: number): unknown;
  /** The value of one of the fields that keys are made of. */
  keyField(thing: Thing, name: string): unknown;
  /** The entity that a representation means; throws where it is none. */
  entityOf(representation: Given, keys: readonly string[]): Thing;
  /** All that a type's things have, by name. */
  fieldsOf(typeName: string): ReadonlyMap<string, Field>;
}

/** How a Stamp stands in the process; written `st:…`. */
export interface Stamp {
  readonly stamp: string;
}

export function createRules(world: World): Rules {
  const fields = new Map<string, ReadonlyMap<string, Field>>();
  for (const { name, fields: own } of [...world.entities, ...world.values])
    fields.set(name, byName(own, objectFields(world, name)));
  for (const { name, asObject } of world.abstracts) fields.set(name, byName(asObject?.fields ?? []));
  const entities = new Set(world.entities.map(({ name }) => name));
  const fieldsOf = (typeName: string) => fields.get(typeName) ?? new Map<string, Field>();

  /** What a `@requires` needs, as it stands in a representation. */
  function known(thing: Thing, { selections }: SelectionSetNode): Given {
    const said: Record<string, unknown> = {};
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (selection.typeCondition?.name.value === thing.__typename)
          Object.assign(said, known(thing, selection.selectionSet));
      } else if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        const field = fieldsOf(thing.__typename).get(name);
        const args = argumentsIn(selection.arguments ?? [], field);
        const value = field ? give(field, thing, args, 0) : keyField(thing, name);
        said[name] = written(value, (inner) => known(inner, selection.selectionSet!));
      }
    }
    return said;
  }

  function give(field: Field, thing: Thing, given: Given, count: number): unknown {
    const required = field.requires === undefined ? '' : stable(requiredOf(field.requires, thing));
    const random = createRandom(hashOf(`${world.seed} ${thing.id} ${field.name} ${stable(given)} ${required}`));
    const source = { world, random, field, entities, at: `${thing.id}.${field.name}` };
    if (field.counts) return `${source.at} after ${count}`;
    return complete(field.type, source, false);
  }

  function requiredOf(requires: string, thing: Thing): Given {
    const selection = selectionOf(requires);
    return thing.told ? cutTo(thing.told, selection) : known(thing, selection);
  }

  function keyField({ id }: Thing, name: string): unknown {
    if (name === 'id') return id;
    if (name === 'place') return { __typename: 'Place', id };
    if (name === 'code') return `code:${id}`;
    if (name === 'right' || name === 'zone') return Number(id.slice(id.lastIndexOf('-') + 1));
    return `${name}:${id}`;
  }

  function entityOf(representation: Given, keys: readonly string[]): Thing {
    const id = keys.map((key) => idFrom(representation, key)).find((found) => found !== undefined);
    if (id === undefined) throw new GraphQLError(`Nobody is known by ${JSON.stringify(representation)}`);
    return { __typename: typeOfId(id), id, told: representation };
  }

  return { give, keyField, entityOf, fieldsOf };
}

const objectFields = (world: World, member: string): readonly Field[] =>
  world.abstracts.flatMap(({ members, asObject }) => (members.includes(member) ? (asObject?.fields ?? []) : []));

const byName = (...lists: (readonly Field[])[]): Map<string, Field> =>
  new Map(lists.flat().map((field) => [field.name, field]));

function idFrom(representation: Given, key: string): string | undefined {
  const { id, sku, left, right, place } = representation as Record<string, string | undefined>;
  if (key === 'id') return id;
  if (key === 'sku') return sku?.replace('sku:', '');
  if (key === 'left right') return right === undefined ? undefined : left?.replace('left:', '');
  return (place as { code?: string } | undefined)?.code?.replace('code:', '');
}

/** What was told, in the order and to the extent of the selection; what is missing stands out. */
function cutTo(told: Given, { selections }: SelectionSetNode): Given {
  const said: Record<string, unknown> = {};
  for (const selection of selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      if (told.__typename === undefined) throw new GraphQLError('A type was needed and not told.');
      if (selection.typeCondition?.name.value === told.__typename)
        Object.assign(said, cutTo(told, selection.selectionSet));
    } else if (selection.kind === Kind.FIELD) {
      const name = selection.name.value;
      if (told[name] === undefined) throw new GraphQLError(`${name} was needed and not told.`);
      said[name] = selection.selectionSet ? cutValue(told[name], selection.selectionSet) : told[name];
    }
  }
  return said;
}

function cutValue(value: unknown, selection: SelectionSetNode): unknown {
  if (Array.isArray(value)) return value.map((item) => cutValue(item, selection));
  return value === null ? null : cutTo(value as Given, selection);
}

function argumentsIn(
  given: readonly { name: { value: string }; value: { kind: string; value?: unknown } }[],
  field: Field | undefined,
): Given {
  const args: Record<string, unknown> = {};
  for (const { name, fallback } of field?.args ?? []) {
    const literal = given.find((one) => one.name.value === name)?.value;
    if (literal) args[name] = literal.kind === Kind.INT ? Number(literal.value) : literal.value;
    else if (fallback !== undefined) args[name] = fallbackOf(field!, name);
  }
  return args;
}

/** Set by the plain schema, which knows what a default in SDL means. */
const fallbacks = new WeakMap<Field, Given>();
export const noteFallbacks = (field: Field, values: Given): void => void fallbacks.set(field, values);
function fallbackOf(field: Field, name: string): unknown {
  const values = fallbacks.get(field);
  if (!values) throw new Error(`bug: nobody noted the defaults of ${field.name}`);
  return values[name];
}

/** A value as JSON has it: stamps written, things replaced. */
function written(value: unknown, inner: (thing: Thing) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => written(item, inner));
  if (isThing(value)) return inner(value);
  return isStamp(value) ? `st:${value.stamp}` : (value ?? null);
}

export const isThing = (value: unknown): value is Thing =>
  typeof value === 'object' && value !== null && '__typename' in value && 'id' in value;
const isStamp = (value: unknown): value is Stamp => typeof value === 'object' && value !== null && 'stamp' in value;

/** JSON with names in their order: one text for one value. */
export function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, item]) => `${name}:${stable(item)}`).join()}}`;
}

interface Source {
  readonly world: World;
  readonly random: Random;
  readonly field: Field;
  readonly entities: ReadonlySet<string>;
  readonly at: string;
}

/** A value of a type: now and then an error, or a null even where none may be. */
function complete(type: TypeNode, source: Source, notNull: boolean): unknown {
  const { random, field, at } = source;
  if (type.kind === Kind.NON_NULL_TYPE) return complete(type.type, source, true);
  if (!field.safe && random.chance(0.04))
    return new GraphQLError(`${at} is refused`, { extensions: { code: 'refused' } });
  if (random.chance(notNull ? (field.safe ? 0 : 0.03) : 0.15)) return null;
  if (type.kind === Kind.NAMED_TYPE) return single(type.name.value, source);
  return Array.from({ length: random.below(4) }, (_, n) => {
    const item = complete(type.type, { ...source, at: `${at}.${n}` }, false);
    return isWrong(item, type.type) ? Promise.resolve(item) : item;
  });
}

/** What fails in a list fails later: graphql-js leaves promises behind where a neighbour fails at once. */
const isWrong = (item: unknown, type: TypeNode): boolean =>
  item instanceof Error || item === 1.5 || item === 'UNHEARD' || (item === null && type.kind === Kind.NON_NULL_TYPE);

const texts = ['plain', '"quoted" \\ and\nlines', '\u2028é😀', '', '</script>', '\ud800 half'];

function single(name: string, { world, random, field, entities, at }: Source): unknown {
  if (field.candidates) return thingOf(random.pick(field.candidates), entities, random, at);
  if (entities.has(name) || world.values.some((value) => value.name === name))
    return thingOf(name, entities, random, at);
  switch (name) {
    case 'Int':
      return !field.safe && random.chance(0.05) ? 1.5 : random.below(100) - 50;
    case 'Float':
      return random.below(1000) / 8;
    case 'Boolean':
      return random.chance(0.5);
    case 'Kind':
      return !field.safe && random.chance(0.05) ? 'UNHEARD' : random.pick(['OPEN', 'SHUT', 'ODD']);
    case 'Tone':
      return toneOf(world, field, random);
    case 'Stamp':
      return { stamp: String(random.below(1000)) };
    case 'JSON':
      return random.pick<unknown>([{ deep: [1, null, { text: at }] }, 'text', 4.5, [], false]);
    default:
      return `${at} ${random.pick(texts)}`;
  }
}

function toneOf({ tones }: World, { owners }: Field, random: Random): string {
  return random.pick(tones.get(owners[0]!)!);
}

function thingOf(name: string, entities: ReadonlySet<string>, random: Random, at: string): Thing {
  return { __typename: name, id: entities.has(name) ? random.pick(idsOf(name)) : `${name}-${hashOf(at) % 1000}` };
}
