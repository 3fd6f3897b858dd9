/** Makes a world from a seed: who has what, and how types hang together. Whether it composes is seen afterwards. */
import { parseType, type TypeNode } from 'graphql';
import { addFederation, type Features } from './make-federation.ts';
import { createRandom, hashOf, type Random } from './random.ts';
import type { Abstract, Argument, Entity, Field, Home, ValueType, World } from './world.ts';

const leaves = ['Int', 'String', 'String', 'Float', 'Boolean', 'ID', 'Kind', 'Stamp', 'JSON'];
const wraps = ['T', 'T', 'T!', 'T!', '[T!]!', '[T]', '[T!]', '[[T!]]!', '[[T]!]'];
const keySets = [
  ['id'],
  ['id'],
  ['id', 'sku'],
  ['id', 'left right'],
  ['id', 'place { code }'],
  ['id', 'sku', 'left right'],
];
const allTones = ['RED', 'GREEN', 'BLUE', 'GREY'];

/** Argument types with what may be their default. */
const argumentTypes: readonly (readonly [string, readonly string[]])[] = [
  ['Int', ['3', 'null', '-1']],
  ['Int!', ['7']],
  ['String', ['"x \\" y"', '"""block"""']],
  ['Float', ['1.5', '2']],
  ['Boolean!', ['true']],
  ['ID', ['"a"', '5']],
  ['Kind', ['OPEN']],
  ['[Kind!]', ['[OPEN, SHUT]', 'OPEN']],
  ['[Int!]', ['[1, 2]', '4']],
  ['[[Int]]', ['[[1], null, [null]]']],
  ['In0', ['{ a: 9 }', '{}']],
  ['In1', ['{ x: 1 }']],
  ['[In1!]', ['[{ x: 2, y: 0.5 }]', '{ x: 3 }']],
  ['Stamp', ['"st:4"']],
  ['JSON', ['{ a: [1, "b"], c: null }']],
];

/** Makes what fields have: names of their own, so that selections seldom contradict each other. */
export interface FieldMaker {
  readonly random: Random;
  type(name: string): TypeNode;
  args(share: number): Argument[];
  field(name: string, named: string, owners: readonly string[], more?: Partial<Field>): Field;
  leaf(): string;
}

function createFieldMaker(random: Random, features: Features): FieldMaker {
  const argument = (index: number): Argument => {
    const [type, fallbacks] = random.pick(argumentTypes);
    return { name: `a${index}`, type, ...(random.chance(0.4) && { fallback: random.pick(fallbacks) }) };
  };
  const maker: FieldMaker = {
    random,
    type: (name) => parseType(random.pick(wraps).replace('T', name), { noLocation: true }),
    args: (share) => (random.chance(share) ? Array.from({ length: 1 + random.below(2) }, (_, n) => argument(n)) : []),
    field(name, named, owners, more = {}) {
      const type = maker.type(named);
      // What rises to a thing that another field requires takes it away from that too: so it is with one fetch for both.
      const isSure = features.requires && type.kind === 'NonNullType';
      return { name, type, args: maker.args(0.25), owners, safe: random.chance(0.55) || isSure, ...more };
    },
    leaf: () => random.pick(leaves),
  };
  return maker;
}

function makeEntities(random: Random, subgraphs: readonly string[], severalKeys: boolean): Entity[] {
  return Array.from({ length: 2 + random.below(3) }, (_, index) => {
    const keys = severalKeys ? random.pick(keySets) : [random.pick(random.pick(keySets))];
    const [owner, ...others] = random.some(subgraphs, 0.6);
    const homes: Home[] = [{ subgraph: owner!, keys, resolvable: true }];
    for (const subgraph of others) homes.push({ subgraph, keys: random.some(keys, 0.5), resolvable: true });
    return { name: `E${index}`, keys, homes, fields: [] };
  });
}

/** Leaves, entities, and value types that come later: no value type holds itself. */
function makeValues(make: FieldMaker, entities: readonly Entity[]): ValueType[] {
  const count = make.random.below(3);
  return Array.from({ length: count }, (_, index) => {
    const fields = [make.field(`v${index}_0`, 'String', [], { safe: true, args: [] })];
    for (let n = 1; n < 2 + make.random.below(3); n++) {
      const deeper = index + 1 < count && make.random.chance(0.3) ? `V${index + 1}` : undefined;
      const entity = make.random.chance(0.25) ? make.random.pick(entities).name : undefined;
      fields.push(make.field(`v${index}_${n}`, deeper ?? entity ?? make.leaf(), []));
    }
    return { name: `V${index}`, fields };
  });
}

function makeAbstracts(make: FieldMaker, entities: readonly Entity[], values: readonly ValueType[]): Abstract[] {
  const { random } = make;
  const names = entities.map(({ name }) => name);
  const made: Abstract[] = [];
  if (random.chance(0.7)) {
    const fields = Array.from({ length: random.below(3) }, (_, n) =>
      make.field(`i_${n}`, make.leaf(), [], { safe: true }),
    );
    made.push({ kind: 'entities', name: 'Node', members: random.some(names, 0.6), fields });
  }
  if (values.length > 1 && random.chance(0.5)) {
    const shared = make.field('w_0', make.leaf(), []);
    for (const value of values) (value.fields as Field[]).push(shared);
    made.push({ kind: 'values', name: 'Shape', members: values.map(({ name }) => name), fields: [shared] });
  }
  if (random.chance(0.6)) {
    const all = [...names, ...values.map(({ name }) => name)];
    made.push({ kind: 'union', name: 'Any', members: random.some(all, 0.5), fields: [] });
  }
  return made;
}

/** Which members of an abstract type a subgraph knows as such. */
export function membersIn(world: Pick<World, 'seed' | 'entities'>, abstract: Abstract, subgraph: string): string[] {
  const { name, kind, members, asObject } = abstract;
  if (asObject && (asObject.home === subgraph || asObject.object === subgraph)) return [...members];
  const fit = members.filter((member) => kind !== 'entities' || keysIn(world, member, subgraph).includes('id'));
  const known = fit.filter((member) => hashOf(`${world.seed} ${name} ${member} ${subgraph}`) % 4 > 0);
  return known.length > 0 ? known : fit.slice(0, 1);
}

/** The keys by which a subgraph knows an entity: the first where it is no home of it. */
export function keysIn({ entities }: Pick<World, 'entities'>, entityName: string, subgraph: string): readonly string[] {
  const entity = entities.find(({ name }) => name === entityName);
  const home = entity?.homes.find((one) => one.subgraph === subgraph);
  return home?.keys ?? entity?.keys.slice(0, 1) ?? [];
}

function fillEntities(make: FieldMaker, world: World): void {
  const { random } = make;
  const abstractNames = world.abstracts.map(({ name }) => name);
  const named = (): string => {
    if (random.chance(0.5)) return make.leaf();
    if (random.chance(0.55)) return random.pick(world.entities).name;
    if (random.chance(0.5) && world.values.length > 0) return random.pick(world.values).name;
    return abstractNames.length > 0 ? random.pick(abstractNames) : 'Tone';
  };
  for (const entity of world.entities) {
    const places = entity.homes.map(({ subgraph }) => subgraph);
    for (let n = 0; n < 3 + random.below(5); n++) {
      const shared = random.chance(0.2) && places.length > 1;
      const owners = shared ? random.some(places, 0.7) : [random.pick(places)];
      const type = named();
      if (owners.length > 1 && type === 'Tone') continue;
      entity.fields.push(
        make.field(`${entity.name.toLowerCase()}_${n}`, type, owners, owners.length > 1 ? { safe: true } : {}),
      );
    }
    for (const abstract of world.abstracts.filter(
      ({ kind, members }) => kind === 'entities' && members.includes(entity.name),
    ))
      for (const field of abstract.fields) entity.fields.push({ ...field, owners: [random.pick(places)] });
  }
}

function makeRoots(make: FieldMaker, world: World): void {
  const { random } = make;
  const objects = [...world.entities, ...world.values, ...world.abstracts].map(({ name }) => name);
  const named = () => (random.chance(0.8) ? random.pick(objects) : random.chance(0.2) ? 'Tone' : make.leaf());
  let count = 0;
  for (const subgraph of world.subgraphs)
    for (let n = 0; n < 1 + random.below(3); n++) {
      const type = named();
      const others = type !== 'Tone' && random.chance(0.15) ? random.some(world.subgraphs, 0.4) : [];
      const owners = [...new Set([subgraph, ...others])];
      (world.query as Field[]).push(make.field(`q${count++}`, type, owners, owners.length > 1 ? { safe: true } : {}));
    }
  if (!random.chance(0.6)) return;
  for (let n = 0; n < 2 + random.below(4); n++) {
    const type = random.chance(0.5) ? 'String' : random.pick(world.entities).name;
    const field = make.field(`m${n}`, type, [random.pick(world.subgraphs)], { counts: type === 'String' });
    (world.mutation as Field[]).push(field);
  }
}

export const coreFeatures: Features = { severalKeys: false, requires: false, interfaceObjects: false };

/** Not several keys, over which the planner may not come to an end, nor interface objects, of which it loses fields. */
export const withRequires: Features = { severalKeys: false, requires: true, interfaceObjects: false };

export function makeWorld(seed: number, features = coreFeatures): World {
  const random = createRandom(seed);
  const make = createFieldMaker(random, features);
  const subgraphs = Array.from({ length: 2 + random.below(4) }, (_, index) => `s${index}`);
  const entities = makeEntities(random, subgraphs, features.severalKeys);
  const values = makeValues(make, entities);
  const abstracts = makeAbstracts(make, entities, values);
  const tones = new Map(subgraphs.map((name) => [name, random.some(allTones, 0.5)]));
  const world: World = { seed, subgraphs, entities, values, abstracts, query: [], mutation: [], tones };
  fillEntities(make, world);
  makeRoots(make, world);
  return withCandidates(addFederation(make, world, features));
}

/** What an abstract field may give: what all its owners know. */
function withCandidates(world: World): World {
  const abstracts = new Map(world.abstracts.map((abstract) => [abstract.name, abstract]));
  const complete = (field: Field): Field => {
    const abstract = abstracts.get(namedTypeOf(field.type));
    if (!abstract) return field;
    const known = field.owners.map((owner) => membersIn(world, abstract, owner));
    // The planner finds no way to an interface that the owners of one shared field know differently, in its fields too.
    if (abstract.kind === 'entities' && field.owners.length > 1) return { ...field, candidates: [] };
    if (known.some((list) => list.join() !== known[0]!.join())) return { ...field, candidates: [] };
    return { ...field, candidates: abstract.members.filter((name) => known.every((list) => list.includes(name))) };
  };
  const all = (fields: readonly Field[]) => fields.map(complete).filter(({ candidates }) => candidates?.length !== 0);
  return {
    ...world,
    entities: world.entities.map((entity) => ({ ...entity, fields: all(entity.fields) })),
    query: all(world.query),
    mutation: all(world.mutation),
  };
}

export function namedTypeOf(type: TypeNode): string {
  return type.kind === 'NamedType' ? type.name.value : namedTypeOf(type.type);
}
