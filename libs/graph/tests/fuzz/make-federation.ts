/** What only a federated graph has: fields that require, provide or override others, and interface objects. */
import type { FieldMaker } from './make-world.ts';
import { keysIn, namedTypeOf } from './make-world.ts';
import type { Abstract, Entity, Field, Home, World } from './world.ts';

/** What the planner does not do reliably, and is therefore left out of worlds that must be answered without exception. */
export interface Features {
  /** Entities that a subgraph knows by more than one key. */
  readonly severalKeys: boolean;
  readonly requires: boolean;
  readonly interfaceObjects: boolean;
}

export function addFederation(make: FieldMaker, bare: World, features: Features): World {
  const { random } = make;
  const world = features.interfaceObjects ? addInterfaceObject(make, bare) : bare;
  for (const entity of world.entities) {
    if (entity.homes.length > 1 && random.chance(0.3)) addOverride(make, entity);
    for (let n = 0; n < 2; n++) if (features.requires && random.chance(0.5)) addRequires(make, world, entity, n);
    if (random.chance(0.3)) hideOne(make, entity);
  }
  if (random.chance(0.5)) addProvides(make, world);
  return world;
}

/** A subgraph of its own that knows the interface as if it were an object. */
function addInterfaceObject(make: FieldMaker, world: World): World {
  const node = world.abstracts.find(({ kind }) => kind === 'entities');
  if (!node) return world;
  const { random } = make;
  const home = random.pick(world.subgraphs);
  const fields = [0, 1].map((n) => make.field(`x_${n}`, make.leaf(), ['object']));
  const asObject: Abstract = { ...node, asObject: { home, object: 'object', fields } };
  const entities = world.entities.map((entity) =>
    node.members.includes(entity.name) ? { ...entity, homes: withHome(entity.homes, home) } : entity,
  );
  return {
    ...world,
    entities,
    subgraphs: [...world.subgraphs, 'object'],
    abstracts: world.abstracts.map((one) => (one === node ? asObject : one)),
    query: [...world.query, make.field('qx', 'Node', ['object'])],
  };
}

function withHome(homes: readonly Home[], subgraph: string): Home[] {
  const there = homes.find((home) => home.subgraph === subgraph);
  if (!there) return [...homes, { subgraph, keys: ['id'], resolvable: true }];
  return homes.map((home) => (home === there ? { ...home, keys: [...new Set(['id', ...home.keys])] } : home));
}

function addOverride({ random }: FieldMaker, { homes, fields }: Entity): void {
  const index = fields.findIndex((field) => field.owners.length === 1 && !field.name.startsWith('i_'));
  const field = fields[index];
  const before = random.pick(homes).subgraph;
  if (!field || field.owners.includes(before) || namedTypeOf(field.type) === 'Tone') return;
  fields[index] = { ...field, overrides: before };
}

function hideOne({ random }: FieldMaker, { fields }: Entity): void {
  const index = random.below(fields.length);
  const field = fields[index];
  if (field && !field.name.startsWith('i_')) fields[index] = { ...field, inaccessible: true };
}

function addRequires(make: FieldMaker, world: World, entity: Entity, n: number): void {
  const { random } = make;
  // With several keys the planner ends the process: see `plannerProblems` in the executor, which refuses that.
  const [home] = random.some(
    entity.homes.filter(({ keys }) => keys.length === 1),
    0.5,
  );
  if (!home) return;
  const { subgraph } = home;
  const needed = entity.fields.filter(
    ({ owners, safe, overrides }) => safe && !owners.includes(subgraph) && overrides !== subgraph,
  );
  const parts = random.some(needed, 0.4).map((field) => required(make, world, field, subgraph, 2));
  const requires = parts.filter((part) => part !== undefined).join(' ');
  if (requires === '') return;
  entity.fields.push(make.field(`${entity.name.toLowerCase()}_r${n}`, make.leaf(), [subgraph], { requires }));
}

/** One field of a `@requires`, with what is needed of it; undefined where nothing of it is certain. */
function required(make: FieldMaker, world: World, field: Field, subgraph: string, depth: number): string | undefined {
  const given = literalArguments(field);
  const named = namedTypeOf(field.type);
  const inside = depth === 0 ? undefined : insideOf(make, world, named, subgraph, depth);
  if (inside === undefined) return `${field.name}${given}`;
  return inside === '' ? undefined : `${field.name}${given} { ${inside} }`;
}

/** What is needed of an object: undefined for leaves, empty where nothing of it may be needed. */
function insideOf(make: FieldMaker, world: World, named: string, subgraph: string, depth: number): string | undefined {
  const { random } = make;
  const value = world.values.find(({ name }) => name === named);
  const chosen = (fields: readonly Field[]) =>
    fields
      .filter(
        ({ safe, type, requires, overrides }) =>
          safe && !requires && !overrides && (depth > 1 || isLeafIn(world, namedTypeOf(type))),
      )
      .filter(() => random.chance(0.6))
      .flatMap((field) => required(make, world, field, subgraph, depth - 1) ?? []);
  if (value) return chosen(value.fields).join(' ') || value.fields[0]!.name;
  const entity = world.entities.find(({ name }) => name === named);
  if (entity)
    return [random.pick(keysIn(world, named, subgraph)), ...(random.chance(0.6) ? chosen(entity.fields) : [])].join(
      ' ',
    );
  const abstract = world.abstracts.find(({ name }) => name === named);
  if (!abstract) return undefined;
  if (abstract.kind !== 'union' || abstract.asObject) return abstract.kind === 'entities' ? 'id' : '';
  const parts = abstract.members.map((name) => {
    const inner = insideOf(make, world, name, subgraph, 1);
    return inner ? `... on ${name} { ${inner} }` : '';
  });
  return parts.filter((part) => part !== '').join(' ');
}

function isLeafIn(world: World, named: string): boolean {
  return ![...world.entities, ...world.values, ...world.abstracts].some(({ name }) => name === named);
}

const literals: Readonly<Record<string, string>> = { 'Int!': '5', 'Boolean!': 'false', Int: '2', Kind: 'SHUT' };

function literalArguments({ args }: Field): string {
  const given = args.flatMap(({ name, type }) => (literals[type] === undefined ? [] : [`${name}: ${literals[type]}`]));
  return given.length > 0 ? `(${given.join(', ')})` : '';
}

/** A field that brings along what otherwise only another subgraph knows of the thing it gives. */
function addProvides(make: FieldMaker, world: World): void {
  const { random } = make;
  const target = random.pick(world.entities);
  const owner = random.pick(world.entities.filter(({ name }) => name !== target.name));
  if (!owner) return;
  const { subgraph } = random.pick(owner.homes);
  const provided = target.fields.filter(
    ({ owners, requires, overrides, type, inaccessible, args }) =>
      args.length === 0 &&
      !owners.includes(subgraph) &&
      !requires &&
      !overrides &&
      !inaccessible &&
      isLeafIn(world, namedTypeOf(type)) &&
      namedTypeOf(type) !== 'Tone',
  );
  const provides = random
    .some(provided, 0.5)
    .map(({ name }) => name)
    .join(' ');
  if (provides !== '')
    owner.fields.push(make.field(`${owner.name.toLowerCase()}_p`, target.name, [subgraph], { provides }));
}
