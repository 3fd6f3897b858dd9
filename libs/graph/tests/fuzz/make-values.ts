/** Arguments as literals and variables, and what the variables are. */
import {
  type GraphQLArgument,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import type { Random } from './random.ts';

export interface ValueMaker {
  /** In parentheses; empty where none are given. */
  arguments(args: readonly GraphQLArgument[]): string;
  /** A variable for `@skip` or `@include`. */
  condition(): string;
  /** What the operation declares. */
  declarations(): string[];
  /** What is given for it: sometimes nothing, or something of another kind. */
  variables(): Record<string, unknown>;
}

export function createValueMaker(random: Random): ValueMaker {
  const declared = new Map<string, string>();
  const values: Record<string, unknown> = {};

  function variable(type: GraphQLInputType): string {
    const name = `v${declared.size}`;
    const bare = String(type).replace(/!$/, '');
    const written = random.chance(0.4) ? `${bare}!` : random.chance(0.5) ? bare : String(type);
    const open = !written.endsWith('!');
    const fallback = random.chance(0.25) ? ` = ${literal(type, 1, false)}` : '';
    declared.set(name, `$${name}: ${written}${fallback}`);
    if (random.chance(0.02)) values[name] = random.pick<unknown>(['wrong', -1.5, { no: 1 }, [[true]], null]);
    else if (open && random.chance(0.15)) values[name] = null;
    else if (!((open || fallback !== '') && random.chance(0.25)) && !random.chance(0.01)) values[name] = plain(type, 2);
    return `$${name}`;
  }

  /** A literal; within it again variables, where they are allowed. */
  function literal(type: GraphQLInputType, depth: number, open: boolean): string {
    if (open && random.chance(0.3)) return variable(type);
    if (isNonNullType(type)) return literal(type.ofType, depth, false);
    if (random.chance(0.08)) return 'null';
    if (isListType(type)) {
      if (random.chance(0.2)) return literal(type.ofType, depth, open);
      return `[${Array.from({ length: random.below(3) }, () => literal(type.ofType, depth, open)).join(', ')}]`;
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) => isRequiredInputField(field) || (depth > 0 && random.chance(0.4)),
      );
      return `{ ${fields.map((field) => `${field.name}: ${literal(field.type, depth - 1, open)}`).join(', ')} }`;
    }
    if (isEnumType(type)) return random.pick(type.getValues()).name;
    if (type.name === 'JSON')
      return open && random.chance(0.3) ? `{ a: [${variable(type)}], b: ENUM }` : '{ x: [1, "two"] }';
    return JSON.stringify(leaf(type.name));
  }

  function plain(type: GraphQLInputType, depth: number): unknown {
    if (isNonNullType(type)) return some(type.ofType, depth);
    return random.chance(0.08) ? null : some(type, depth);
  }

  function some(type: GraphQLInputType, depth: number): unknown {
    if (isNonNullType(type)) return some(type.ofType, depth);
    if (isListType(type))
      return random.chance(0.2)
        ? plain(type.ofType, depth)
        : Array.from({ length: random.below(3) }, () => plain(type.ofType, depth));
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) => isRequiredInputField(field) || (depth > 0 && random.chance(0.4)),
      );
      return Object.fromEntries(fields.map((field) => [field.name, plain(field.type, depth - 1)]));
    }
    return isEnumType(type)
      ? random.pick(type.getValues()).name
      : type.name === 'JSON'
        ? { y: [null, 'z'] }
        : leaf(type.name);
  }

  function leaf(name: string): string | number | boolean {
    if (name === 'Int') return random.below(20) - 5;
    if (name === 'Float') return random.chance(0.5) ? random.below(9) : random.below(90) / 8;
    if (name === 'Boolean') return random.chance(0.5);
    if (name === 'ID') return random.chance(0.5) ? random.below(9) : `id ${random.below(9)}`;
    return name === 'Stamp' ? `st:${random.below(99)}` : random.pick(['text', 'a "quote"\n', 'ünï 😀', '']);
  }

  return {
    arguments(args) {
      const given = args.filter((arg) => isRequiredArgument(arg) || random.chance(0.6));
      return given.length > 0 ? `(${given.map((arg) => `${arg.name}: ${literal(arg.type, 2, true)}`).join(', ')})` : '';
    },
    condition() {
      const conditions = [...declared.keys()].filter((name) => name.startsWith('if'));
      if (conditions.length > 1 && random.chance(0.6)) return `$${random.pick(conditions)}`;
      const name = `if${declared.size}`;
      const fallback = random.chance(0.2) ? ` = ${random.chance(0.5)}` : '';
      declared.set(name, `$${name}: Boolean${fallback !== '' && random.chance(0.5) ? '' : '!'}${fallback}`);
      if (fallback === '' || random.chance(0.5)) values[name] = random.chance(0.5);
      return `$${name}`;
    },
    declarations: () => [...declared.values()],
    variables: () => values,
  };
}
