/** A world's subgraphs as SDL. Each has what it owns, and whatever else that mentions. */
import { Kind, parse, print, type SelectionSetNode } from 'graphql';
import { membersIn, namedTypeOf } from './make-world.ts';
import type { Abstract, Entity, Field, ValueType, World } from './world.ts';

const header =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable", "@external", ' +
  '"@requires", "@provides", "@override", "@inaccessible", "@interfaceObject"])';

const inputs = `
scalar Stamp
scalar JSON
enum Kind { OPEN SHUT ODD }
input In0 { a: Int = 3, b: [String!], kind: Kind = OPEN, inner: In1, at: Stamp, list: [In1!] = [{ x: 1 }], json: JSON }
input In1 { x: Int!, y: Float = 1.5, me: In1, flag: Boolean! = true }`;

export const keyFields: Readonly<Record<string, string>> = {
  id: 'id: ID!',
  sku: 'sku: String!',
  left: 'left: String!',
  right: 'right: Int!',
  place: 'place: Place!',
};
export const keyNames = (key: string): string[] =>
  key
    .replace(/\{.*\}/, '')
    .split(' ')
    .filter(Boolean);

export function subgraphSdl(world: World, subgraph: string): string {
  return new SubgraphPrinter(world, subgraph).print();
}

class SubgraphPrinter {
  readonly #world: World;
  readonly #subgraph: string;
  readonly #printed = new Map<string, string>();
  readonly #external = new Set<string>();

  constructor(world: World, subgraph: string) {
    this.#world = world;
    this.#subgraph = subgraph;
  }

  print(): string {
    const { entities, abstracts, query, mutation } = this.#world;
    const own = ({ owners }: Field) => owners.includes(this.#subgraph);
    for (const entity of entities)
      for (const field of entity.fields) if (own(field)) this.#noteExternals(entity, field);
    const roots = [this.#object('Query', query.filter(own)), this.#object('Mutation', mutation.filter(own))];
    for (const { name, homes } of entities)
      if (homes.some(({ subgraph }) => subgraph === this.#subgraph)) this.#mention(name);
    for (const { name, asObject } of abstracts)
      if (asObject?.home === this.#subgraph || asObject?.object === this.#subgraph) this.#mention(name);
    return [header, inputs, ...roots, ...this.#printed.values()].filter(Boolean).join('\n');
  }

  /** Prints a type with everything that it mentions, once. */
  #mention(name: string): void {
    if (this.#printed.has(name)) return;
    this.#printed.set(name, '');
    this.#printed.set(name, this.#definition(name));
  }

  #definition(name: string): string {
    const { entities, values, abstracts, tones } = this.#world;
    if (name === 'Tone') return `enum Tone { ${tones.get(this.#subgraph)?.join(' ')} }`;
    if (name === 'Place') return 'type Place @shareable { code: String! zone: Int! }';
    const value = values.find((one) => one.name === name);
    if (value) return this.#value(value);
    const entity = entities.find((one) => one.name === name);
    if (entity) return this.#entity(entity);
    const abstract = abstracts.find((one) => one.name === name);
    return abstract ? this.#abstract(abstract) : '';
  }

  #value({ name, fields }: ValueType): string {
    const lines = fields.map((field) => this.#field(field)).join(' ');
    return `type ${name}${this.#implemented(name)} @shareable { ${lines} }`;
  }

  #entity(entity: Entity): string {
    const { name, homes, keys, fields } = entity;
    const home = homes.find(({ subgraph }) => subgraph === this.#subgraph) ?? { keys: [keys[0]!], resolvable: false };
    const names = new Set(home.keys.flatMap(keyNames));
    if (names.has('place')) this.#mention('Place');
    const lines = [...names].map((key) => keyFields[key]!);
    for (const field of fields) {
      if (field.owners.includes(this.#subgraph)) lines.push(this.#field(field, ownDirectives(field)));
      else if (field.overrides === this.#subgraph) lines.push(this.#field(field));
      else if (this.#external.has(`${name}.${field.name}`)) lines.push(this.#field(field, ' @external'));
    }
    const directives = home.keys.map((key) => ` @key(fields: "${key}"${home.resolvable ? '' : ', resolvable: false'})`);
    return `type ${name}${this.#implemented(name)}${directives.join('')} { ${lines.join(' ')} }`;
  }

  #implemented(member: string): string {
    const names = this.#world.abstracts
      .filter((one) => one.kind !== 'union' && this.#printed.has(one.name) && this.#members(one).includes(member))
      .map(({ name }) => name);
    return names.length > 0 ? ` implements ${names.join(' & ')}` : '';
  }

  #members(abstract: Abstract): string[] {
    return membersIn(this.#world, abstract, this.#subgraph);
  }

  #abstract(abstract: Abstract): string {
    const { name, kind, asObject } = abstract;
    if (asObject?.object === this.#subgraph)
      return `type ${name} @key(fields: "id") @interfaceObject { id: ID! ${asObject.fields.map((field) => this.#field(field)).join(' ')} }`;
    const members = this.#members(abstract);
    // Members that were printed before did not know that they have this interface.
    for (const member of members) this.#printed.delete(member);
    for (const member of members) this.#mention(member);
    if (kind === 'union') return `union ${name} = ${members.join(' | ')}`;
    const promised =
      kind === 'values' ? abstract.fields : abstract.fields.filter((field) => this.#allHave(members, field));
    const key = asObject?.home === this.#subgraph ? ' @key(fields: "id")' : '';
    const id = kind === 'entities' ? 'id: ID! ' : '';
    return `interface ${name}${key} { ${id}${promised.map((field) => this.#field(field)).join(' ')} }`;
  }

  #allHave(members: readonly string[], { name }: Field): boolean {
    return members.every((member) => {
      const entity = this.#world.entities.find((one) => one.name === member);
      return entity?.fields.find((field) => field.name === name)?.owners.includes(this.#subgraph);
    });
  }

  #object(name: string, fields: readonly Field[]): string {
    if (fields.length === 0) return '';
    return `type ${name} { ${fields.map((field) => this.#field(field, ownDirectives(field))).join(' ')} }`;
  }

  #field({ name, type, args }: Field, directives = ''): string {
    this.#mention(namedTypeOf(type));
    const taken = args.map(
      (one) => `${one.name}: ${one.type}${one.fallback === undefined ? '' : ` = ${one.fallback}`}`,
    );
    return `${name}${taken.length > 0 ? `(${taken.join(', ')})` : ''}: ${print(type)}${directives}`;
  }

  #noteExternals(entity: Entity, { requires, provides, type }: Field): void {
    if (requires) this.#noteSelection(entity.name, selectionOf(requires));
    if (provides) this.#noteSelection(namedTypeOf(type), selectionOf(provides));
  }

  #noteSelection(typeName: string, { selections }: SelectionSetNode): void {
    const entity = this.#world.entities.find(({ name }) => name === typeName);
    const value = this.#world.values.find(({ name }) => name === typeName);
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT)
        this.#noteSelection(selection.typeCondition?.name.value ?? typeName, selection.selectionSet);
      if (selection.kind !== Kind.FIELD) continue;
      const field = (entity ?? value)?.fields.find(({ name }) => name === selection.name.value);
      if (!field) continue;
      if (entity && !field.owners.includes(this.#subgraph)) this.#external.add(`${typeName}.${field.name}`);
      if (selection.selectionSet) this.#noteSelection(namedTypeOf(field.type), selection.selectionSet);
    }
  }
}

function ownDirectives({ owners, requires, provides, overrides, inaccessible }: Field): string {
  const directives = [
    owners.length > 1 && '@shareable',
    requires && `@requires(fields: ${JSON.stringify(requires)})`,
    provides && `@provides(fields: "${provides}")`,
    overrides && `@override(from: "${overrides}")`,
    inaccessible && '@inaccessible',
  ];
  return directives.map((directive) => (directive ? ` ${directive}` : '')).join('');
}

const selections = new Map<string, SelectionSetNode>();

/** A selection of fields as `@requires` has it, parsed once. */
export function selectionOf(text: string): SelectionSetNode {
  let selection = selections.get(text);
  if (!selection) {
    const [operation] = parse(`{ ${text} }`, { noLocation: true }).definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`bug: ${text} is no selection`);
    selections.set(text, (selection = operation.selectionSet));
  }
  return selection;
}
