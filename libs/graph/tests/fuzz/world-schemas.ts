/** A world as schemas that run: one for each subgraph, and one of everything. */
import {
  buildASTSchema,
  type GraphQLScalarType,
  type GraphQLSchema,
  isObjectType,
  isScalarType,
  isUnionType,
  parse,
  valueFromASTUntyped,
} from 'graphql';
import { hashOf } from './random.ts';
import type { Field, Thing, World } from './world.ts';
import { createRules, type Given, isThing, noteFallbacks, type Rules, type Stamp } from './world-rules.ts';
import { subgraphSdl } from './world-sdl.ts';

/** How often something that counts has run in this request: mutations come one after another. */
export interface Counting {
  count: number;
}

const federation = parse(
  `scalar FieldSet scalar _Any scalar link__Import scalar link__Purpose
  directive @link(url: String!, import: [link__Import]) repeatable on SCHEMA
  directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
  directive @shareable on OBJECT | FIELD_DEFINITION
  directive @external on OBJECT | FIELD_DEFINITION
  directive @requires(fields: FieldSet!) on FIELD_DEFINITION
  directive @provides(fields: FieldSet!) on FIELD_DEFINITION
  directive @override(from: String!) on FIELD_DEFINITION
  directive @inaccessible on FIELD_DEFINITION
  directive @interfaceObject on OBJECT`,
  { noLocation: true },
);

export interface WorldSubgraph {
  readonly name: string;
  readonly sdl: string;
  readonly schema: GraphQLSchema;
}

/**
 * The subgraphs of a world. With `mixed` some fields answer at once and others later, but never what fails: in a list
 * graphql-js leaves promises behind where a neighbour fails at once, and what fails in these nobody catches.
 */
export function makeSubgraphs(world: World, mixed = false): WorldSubgraph[] {
  const rules = createRules(world);
  return world.subgraphs.map((name) => {
    const sdl = subgraphSdl(world, name);
    return { name, sdl, schema: subgraphSchema({ world, rules, name, sdl, mixed }) };
  });
}

function subgraphSchema({ world, rules, name: subgraph, sdl, mixed }: SubgraphOptions): GraphQLSchema {
  const keys = keysIn(world, subgraph);
  const entryPoint =
    keys.size === 0
      ? ''
      : `union _Entity = ${[...keys.keys()].join(' | ')}\nextend type Query { _entities(representations: [_Any!]!): [_Entity]! }`;
  const query = /^type Query /m.test(sdl) ? '' : 'type Query { _none: Int }';
  const document = parse(`${sdl}\n${query}\n${entryPoint}`, { noLocation: true });
  const definitions = [...federation.definitions, ...document.definitions];
  const bare = buildASTSchema({ ...federation, definitions: merged(definitions) }, { assumeValid: true });
  install(bare, { world, rules, subgraph, mixed });
  installEntities(bare, rules, keys, world, subgraph);
  return bare;
}

interface SubgraphOptions {
  readonly world: World;
  readonly rules: Rules;
  readonly name: string;
  readonly sdl: string;
  readonly mixed: boolean;
}

/** The extension of Query as part of it: what builds schemas from documents knows no extensions. */
function merged(
  definitions: readonly (typeof federation.definitions)[number][],
): (typeof federation.definitions)[number][] {
  const extensions = definitions.filter((one) => one.kind === 'ObjectTypeExtension');
  return definitions.flatMap((one) => {
    if (one.kind === 'ObjectTypeExtension' || one.kind === 'SchemaExtension') return [];
    if (one.kind !== 'ObjectTypeDefinition' || one.name.value !== 'Query') return [one];
    return [{ ...one, fields: [...(one.fields ?? []), ...extensions.flatMap(({ fields }) => fields ?? [])] }];
  });
}

/** Entities that this subgraph resolves, with the keys by which it knows them. */
function keysIn(world: World, subgraph: string): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { name, homes } of world.entities) {
    const home = homes.find((one) => one.subgraph === subgraph);
    if (home) found.set(name, home.keys);
  }
  for (const { name, asObject } of world.abstracts) if (asObject?.object === subgraph) found.set(name, ['id']);
  return found;
}

function installEntities(
  schema: GraphQLSchema,
  rules: Rules,
  keys: ReadonlyMap<string, readonly string[]>,
  world: World,
  subgraph: string,
): void {
  const field = schema.getQueryType()?.getFields()._entities;
  const union = schema.getType('_Entity');
  if (!field || !isUnionType(union)) return;
  const nodes = world.abstracts.filter(({ asObject }) => asObject?.home === subgraph);
  union.resolveType = (thing) => nameIn(world, subgraph, thing as Thing);
  field.resolve = (_root, { representations }: { representations: Given[] }) =>
    representations.map((representation) => {
      try {
        const name = String(representation.__typename);
        const known = keys.get(name) ?? (nodes.some((node) => node.name === name) ? ['id'] : undefined);
        if (!known) throw new Error(`${subgraph} was asked for a ${name}`);
        return later(rules.entityOf(representation, known));
      } catch (error) {
        return error;
      }
    });
}

/** Some answers come at once, some later; whatever fails comes later. */
function later(value: unknown): unknown {
  const isSure = (isThing(value) || typeof value === 'string') && value !== 'UNHEARD';
  return isSure && hashOf(JSON.stringify(value)) % 3 > 0 ? value : Promise.resolve(value);
}

/** An interface object's things have the interface's name where it is an object. */
function nameIn(world: World, subgraph: string, { __typename }: Thing): string {
  const object = world.abstracts.find(
    ({ asObject, members }) => asObject?.object === subgraph && members.includes(__typename),
  );
  return object?.name ?? __typename;
}

interface Installing {
  readonly world: World;
  readonly rules: Rules;
  /** None for the plain schema. */
  readonly subgraph?: string;
  readonly mixed: boolean;
}

function install(schema: GraphQLSchema, { world, rules, subgraph, mixed }: Installing): void {
  const roots = new Map([...world.query, ...world.mutation].map((field) => [field.name, field]));
  for (const type of Object.values(schema.getTypeMap())) {
    if (isScalarType(type)) installScalar(type);
    if ('resolveType' in type) type.resolveType = (thing: unknown) => (thing as Thing).__typename;
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    const known = rules.fieldsOf(type.name);
    const isRoot = type.name === 'Query' || type.name === 'Mutation';
    for (const made of Object.values(type.getFields())) {
      const field = isRoot ? roots.get(made.name) : known.get(made.name);
      if (field) noteFallbacks(field, Object.fromEntries(made.args.map((arg) => [arg.name, arg.defaultValue])));
      const isOld = field?.overrides !== undefined && field.overrides === subgraph;
      made.resolve = (thing, given: Given, context) => {
        const root: Thing = { __typename: type.name, id: type.name };
        const of = isRoot ? root : (thing as Thing);
        if (isOld) return new Error(`${made.name} was overridden and asked all the same`);
        const value = field ? giveCounted(rules, field, of, given, context as Counting) : rules.keyField(of, made.name);
        return mixed ? later(value) : Promise.resolve(value);
      };
    }
  }
}

function giveCounted(rules: Rules, field: Field, thing: Thing, given: Given, counting: Counting): unknown {
  return rules.give(field, thing, given, field.counts ? counting.count++ : 0);
}

/** A Stamp is an object in the process, and a text outside. It takes whatever it is given: the endpoint cannot check. */
function installScalar(scalar: GraphQLScalarType): void {
  if (scalar.name !== 'Stamp') return;
  const read = (value: unknown): Stamp => ({ stamp: String(value).replace('st:', '') });
  scalar.serialize = (value) => (typeof value === 'string' ? value : `st:${(value as Stamp).stamp}`);
  scalar.parseValue = read;
  scalar.parseLiteral = (node, variables) => read(valueFromASTUntyped(node, variables));
}

/** Everything as one schema, with the types that people see. */
export function makePlainSchema(world: World, publicSdl: string): GraphQLSchema {
  const schema = buildASTSchema(parse(publicSdl, { noLocation: true }), { assumeValid: true });
  install(schema, { world, rules: createRules(world), mixed: false });
  return schema;
}
