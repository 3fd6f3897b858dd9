import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { createRandom } from './fuzz/random.ts';

export interface MadeQuery {
  readonly text: string;
  readonly variables: Record<string, unknown>;
}

/** A valid query: aliases, arguments, fragments of both kinds, conditions, type names, fields that are named twice. */
export function makeQuery(schema: GraphQLSchema, seed: number): MadeQuery {
  for (let attempt = 0; ; attempt++) {
    const made = attemptQuery(schema, seed * 1000 + attempt);
    if (validate(schema, parse(made.text)).length === 0) return made;
  }
}

function attemptQuery(schema: GraphQLSchema, seed: number): MadeQuery {
  const random = createRandom(seed);
  const { pick } = random;
  const fragments: string[] = [];
  const used = new Set<string>();
  const variables = {
    yes: random.chance(0.5),
    no: random.chance(0.5),
    count: random.below(4),
    id: `usr_${random.below(10)}`,
  };
  let aliases = 0;

  function variable(name: keyof typeof variables): string {
    used.add(name);
    return `$${name}`;
  }

  function condition(): string {
    if (!random.chance(0.15)) return '';
    return ` @${pick(['skip', 'include'])}(if: ${random.chance(0.3) ? random.chance(0.5) : variable(pick(['yes', 'no']))})`;
  }

  function argumentsOf(field: GraphQLField<unknown, unknown>): string {
    const given = field.args.flatMap(({ name }) => {
      if (name === 'id') {
        if (random.chance(0.4)) return `id: ${variable('id')}`;
        return `id: "${field.name === 'space' ? 'spc' : 'usr'}_${random.below(6)}"`;
      }
      return random.chance(0.5) ? `first: ${random.chance(0.5) ? variable('count') : random.below(5)}` : [];
    });
    return given.length > 0 ? `(${given.join(', ')})` : '';
  }

  function field(parent: GraphQLNamedType, depth: number): string {
    if (random.chance(0.1) || !isObjectType(parent)) return '__typename';
    const fields = Object.values(parent.getFields()).filter(({ type }) => depth > 0 || isLeafType(getNamedType(type)));
    const chosen = pick(fields);
    if (!chosen) return '__typename';
    const given = argumentsOf(chosen);
    const alias = given !== '' || chosen.args.length > 0 || random.chance(0.2) ? `a${aliases++}: ` : '';
    const type = getNamedType(chosen.type);
    return `${alias}${chosen.name}${given}${condition()}${isLeafType(type) ? '' : selection(type, depth - 1)}`;
  }

  function part(type: GraphQLNamedType, depth: number): string {
    const wrap = isAbstractType(type) ? 1 : 0.2;
    if (!random.chance(wrap)) return field(type, depth);
    const on = isAbstractType(type) ? pick([...schema.getPossibleTypes(type), type]) : type;
    const fields = `{ ${Array.from({ length: 1 + random.below(3) }, () => field(on, depth)).join(' ')} }`;
    if (random.chance(0.5)) return `... on ${on.name}${condition()} ${fields}`;
    fragments.push(`fragment f${fragments.length} on ${on.name} ${fields}`);
    return `...f${fragments.length - 1}${condition()}`;
  }

  const selection = (type: GraphQLNamedType, depth: number): string =>
    ` { ${Array.from({ length: 1 + random.below(4) }, () => part(type, depth)).join(' ')} }`;

  const body = selection(schema.getQueryType()!, 1 + random.below(4));
  const types = { yes: 'Boolean!', no: 'Boolean!', count: 'Int', id: 'ID!' } as const;
  const declared = [...used].map((name) => `$${name}: ${types[name as keyof typeof types]}`);
  const head = `query${declared.length > 0 ? ` (${declared.join(', ')})` : ''}`;
  return { text: `${head}${body}\n${fragments.join('\n')}`, variables };
}
