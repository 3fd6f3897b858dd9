/**
 * Makes valid operations for a schema: aliases (also the names of keys), fragments of every kind, conditions, variables,
 * several operations in a document, questions about the schema. Their variables are sometimes missing or wrong.
 */
import {
  type DocumentNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  OverlappingFieldsCanBeMergedRule,
  PossibleFragmentSpreadsRule,
  parse,
  UniqueVariableNamesRule,
  ValuesOfCorrectTypeRule,
  VariablesInAllowedPositionRule,
  validate,
} from 'graphql';
import { createValueMaker, type ValueMaker } from './make-values.ts';
import { createRandom, type Random } from './random.ts';

export interface MadeOperation {
  readonly document: DocumentNode;
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
}

/** Those that made operations may break; the other rules they keep by the way they are made. */
const rules = [
  OverlappingFieldsCanBeMergedRule,
  PossibleFragmentSpreadsRule,
  VariablesInAllowedPositionRule,
  ValuesOfCorrectTypeRule,
  UniqueVariableNamesRule,
];

export function makeOperation(schema: GraphQLSchema, seed: number): MadeOperation {
  for (let attempt = 0; attempt < 200; attempt++) {
    const made = new OperationMaker(schema, createRandom(seed * 211 + attempt)).make();
    const document = parse(made.text);
    if (validate(schema, document, rules, { maxErrors: 1 }).length === 0) return { ...made, document };
  }
  throw new Error(`bug: no operation of seed ${seed} is valid`);
}

/** Aliases that get in the way of what a planner asks for itself. */
const aliases = ['id', 'sku', 'left', 'place', 'a', 'b', 'c', 'x', '_0'];
const introspection = [
  '__schema { queryType { name } types { kind name fields { name args { name defaultValue } } } }',
  'about: __type(name: "E0") { name fields { name type { kind ofType { name } } } interfaces { name } }',
  '__type(name: "In0") { inputFields { name defaultValue type { name } } }',
  '__schema { directives { name locations } mutationType { fields { name } } }',
];

class OperationMaker {
  readonly #schema: GraphQLSchema;
  readonly #random: Random;
  readonly #values: ValueMaker;
  readonly #fragments: { readonly name: string; readonly on: string; readonly text: string }[] = [];
  #fields = 30;
  #names = 0;

  constructor(schema: GraphQLSchema, random: Random) {
    this.#schema = schema;
    this.#random = random;
    this.#values = createValueMaker(random);
  }

  make(): { text: string; variables: Record<string, unknown>; operationName: string | undefined } {
    const random = this.#random;
    const mutation = this.#schema.getMutationType();
    const root = mutation && random.chance(0.15) ? mutation : this.#schema.getQueryType()!;
    const about = random.chance(0.06) && root !== mutation ? `${random.pick(introspection)} ` : '';
    const body = this.#selection(root, 1 + random.below(4)).replace('{', `{ ${about}`);
    const name = random.chance(0.3) ? 'Main' : '';
    const declared = this.#values.declarations();
    const kind = root === mutation ? 'mutation' : 'query';
    const main = `${kind} ${name}${declared.length > 0 ? `(${declared.join(', ')})` : ''} ${body}`;
    const other = name !== '' && random.chance(0.4) ? 'query Other { __typename }' : '';
    const fragments = this.#fragments.map((one) => `fragment ${one.name} on ${one.on} ${one.text}`);
    const parts = [main, other, ...fragments].filter(Boolean);
    if (random.chance(0.2)) parts.reverse();
    return { text: parts.join('\n'), variables: this.#values.variables(), operationName: name || undefined };
  }

  #selection(type: GraphQLNamedType, depth: number): string {
    const count = 1 + this.#random.below(4);
    return `{ ${Array.from({ length: count }, () => this.#part(type, depth)).join(' ')} }`;
  }

  #part(type: GraphQLNamedType, depth: number): string {
    const random = this.#random;
    const field = isObjectType(type) ? 0.8 : isInterfaceType(type) ? 0.45 : 0.08;
    if (random.chance(field)) return this.#field(type, depth);
    const on = this.#condition(type);
    const usable = this.#fragments.filter((one) => one.on === on.name);
    if (usable.length > 0 && random.chance(0.3)) return `...${random.pick(usable).name}${this.#directives()}`;
    if (random.chance(0.35)) {
      const name = `F${this.#names++}`;
      const text = this.#selection(on, depth);
      this.#fragments.push({ name, on: on.name, text });
      return `...${name}${this.#directives()}`;
    }
    if (on === type && random.chance(0.4)) return `...${this.#directives()} ${this.#selection(on, depth)}`;
    return `... on ${on.name}${this.#directives()} ${this.#selection(on, depth)}`;
  }

  /** A type that things of this one may have: itself, one of its kinds, or something else that they are too. */
  #condition(type: GraphQLNamedType): GraphQLNamedType {
    const random = this.#random;
    const schema = this.#schema;
    if (isAbstractType(type)) {
      const possible = schema.getPossibleTypes(type);
      const related = Object.values(schema.getTypeMap()).filter(
        (other) => isAbstractType(other) && schema.getPossibleTypes(other).some((one) => possible.includes(one)),
      );
      return random.chance(0.75) && possible.length > 0 ? random.pick(possible) : random.pick(related);
    }
    if (!isObjectType(type) || random.chance(0.7)) return type;
    const above = Object.values(schema.getTypeMap()).filter(
      (one) => isAbstractType(one) && schema.isSubType(one, type),
    );
    return above.length > 0 ? random.pick(above) : type;
  }

  #field(parent: GraphQLNamedType, depth: number): string {
    const random = this.#random;
    const all = 'getFields' in parent ? (Object.values(parent.getFields()) as GraphQLField<unknown, unknown>[]) : [];
    const deep = depth > 0 && this.#fields > 0;
    const fields = all.filter(({ type }) => deep || isLeafType(getNamedType(type)));
    this.#fields--;
    if (random.chance(0.1) || fields.length === 0)
      return `${random.chance(0.2) ? `${random.pick(aliases)}: ` : ''}__typename`;
    const chosen = random.pick(fields);
    const given = this.#values.arguments(chosen.args);
    const alias = chosen.args.length > 0 && random.chance(0.85) ? `${chosen.name}_${this.#names++}: ` : this.#alias();
    const type = getNamedType(chosen.type);
    const inside = isLeafType(type) ? '' : ` ${this.#selection(type, depth - 1)}`;
    return `${alias}${chosen.name}${given}${this.#directives()}${inside}`;
  }

  #alias(): string {
    return this.#random.chance(0.15) ? `${this.#random.pick(aliases)}: ` : '';
  }

  #directives(): string {
    const random = this.#random;
    if (!random.chance(0.14)) return '';
    const one = (name: string) =>
      ` @${name}(if: ${random.chance(0.3) ? random.chance(0.5) : this.#values.condition()})`;
    return random.chance(0.1) ? `${one('skip')}${one('include')}` : one(random.pick(['skip', 'include']));
  }
}
