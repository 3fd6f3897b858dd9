/**
 * What compiled operations call: everything that is not the straight way. Values that come later, errors, nulls that
 * rise, leaves of odd types, abstract types. The rules are those of the GraphQL specification, section 6.4.
 */
import {
  type FieldNode,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isObjectType,
  locatedError,
} from 'graphql';
import { getArgumentValues } from 'graphql/execution/values.js';
import type { Operation } from '#src/operation.ts';

/** A null that may not stand where it came up: the next place above it that may be null becomes it. */
export const bubble: unique symbol = Symbol('bubble');
/** The field's resolver failed; the error is noted. */
export const failed: unique symbol = Symbol('failed');

/** Where a value goes. */
export interface Place {
  readonly above: Place | undefined;
  readonly key: string | number;
  readonly holder: { [key: string | number]: unknown };
  readonly nullable: boolean;
}

export type Complete = (value: unknown, place: Place, run: Run) => unknown;
export type CompleteObject = (value: object, place: Place | undefined, run: Run) => unknown;

/** A field of an operation: all that is known of it before anything runs. */
export interface Site {
  readonly schema: GraphQLSchema;
  readonly operation: Operation;
  readonly parentType: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  readonly nodes: readonly FieldNode[];
  readonly key: string;
}

/** One run of an operation. */
export class Run {
  readonly context: unknown;
  readonly root: unknown;
  readonly variables: { readonly [name: string]: unknown };
  readonly errors: GraphQLError[] = [];
  /** Values that are still to come. */
  pending = 0;
  /** Nothing is left of the answer. */
  nulled = false;
  idle: (() => void) | undefined;

  constructor(root: unknown, context: unknown, variables: { readonly [name: string]: unknown }) {
    this.root = root;
    this.context = context;
    this.variables = variables;
  }

  /** Resolves when nothing is to come any more. */
  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.idle = resolve;
    });
  }
}

/** What resolvers get as their fourth argument; most never look at it. */
export class FieldInfo implements GraphQLResolveInfo {
  readonly #site: Site;
  readonly #above: Place | undefined;
  readonly #run: Run;

  constructor(site: Site, above: Place | undefined, run: Run) {
    this.#site = site;
    this.#above = above;
    this.#run = run;
  }
  get fieldName() {
    return this.#site.field.name;
  }
  get fieldNodes() {
    return this.#site.nodes;
  }
  get returnType() {
    return this.#site.field.type;
  }
  get parentType() {
    return this.#site.parentType;
  }
  get path() {
    let path: GraphQLResolveInfo['path'] | undefined;
    for (const key of pathOf(this.#above)) path = { prev: path, key, typename: undefined };
    return { prev: path, key: this.#site.key, typename: this.#site.parentType.name };
  }
  get schema() {
    return this.#site.schema;
  }
  get fragments() {
    return this.#site.operation.fragments;
  }
  get rootValue() {
    return this.#run.root;
  }
  get operation() {
    return this.#site.operation.node;
  }
  get variableValues() {
    return this.#run.variables as { [name: string]: unknown };
  }
}

export function pathOf(place: Place | undefined): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at = place; at; at = at.above) path.push(at.key);
  return path.reverse();
}

/** Notes what a resolver threw. */
export function fail(run: Run, site: Site, above: Place | undefined, error: unknown): typeof failed {
  run.errors.push(locatedError(error, site.nodes as FieldNode[], [...pathOf(above), site.key]));
  return failed;
}

/** Notes what is wrong with the value of a place; gives what stands there then. */
export function refuse(run: Run, site: Site, place: Place, error: unknown): null | typeof bubble {
  run.errors.push(locatedError(error, site.nodes as FieldNode[], pathOf(place)));
  return place.nullable ? null : bubble;
}

/** Null where the type does not take it. */
export function missing(run: Run, site: Site, place: Place): null | typeof bubble {
  const name = `${site.parentType.name}.${site.field.name}`;
  return refuse(run, site, place, new Error(`Cannot return null for non-nullable field ${name}.`));
}

/** A value that is not plainly there: one that failed, is still to come, or is an error itself. */
export function complete(value: unknown, place: Place, run: Run, site: Site, straight: Complete): unknown {
  if (value === failed) return place.nullable ? null : bubble;
  if (isPromise(value)) return later(value, place, run, site, straight);
  if (value instanceof Error) return refuse(run, site, place, value);
  if (value === null || value === undefined) return place.nullable ? null : missing(run, site, place);
  return straight(value, place, run);
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';

/** The value takes its place when it comes; null stands there until then. */
function later(value: PromiseLike<unknown>, place: Place, run: Run, site: Site, straight: Complete): null {
  run.pending++;
  const promise = value instanceof Promise ? value : Promise.resolve(value);
  promise.then(
    (came: unknown) => settle(() => complete(came, place, run, site, straight), place, run, site),
    (error: unknown) => settle(() => refuse(run, site, place, error), place, run, site),
  );
  return null;
}

function settle(make: () => unknown, place: Place, run: Run, site: Site): void {
  let value: unknown;
  try {
    value = make();
  } catch (error) {
    value = refuse(run, site, place, error);
  }
  if (value === bubble) rise(place, run);
  else place.holder[place.key] = value;
  if (--run.pending === 0) run.idle?.();
}

function rise(place: Place, run: Run): void {
  let at: Place | undefined = place;
  while (at && !at.nullable) at = at.above;
  if (at) at.holder[at.key] = null;
  else run.nulled = true;
}

/** A leaf as it leaves: checked and serialised by its type. */
export function leaf(value: unknown, place: Place, run: Run, site: Site, type: GraphQLLeafType): unknown {
  try {
    const serialised: unknown = type.serialize(value);
    if (serialised !== null && serialised !== undefined) return serialised;
    const shown = `Expected \`${type.name}.serialize(…)\` to return non-nullable value, returned: ${String(serialised)}`;
    return refuse(run, site, place, new Error(shown));
  } catch (error) {
    return refuse(run, site, place, error);
  }
}

/** Anything that can be gone through, but for text, is a list. */
export function toArray(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as readonly unknown[];
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value)) return undefined;
  return [...(value as Iterable<unknown>)];
}

export function notList(run: Run, site: Site, place: Place): null | typeof bubble {
  const name = `${site.parentType.name}.${site.field.name}`;
  return refuse(run, site, place, new GraphQLError(`Expected Iterable, but did not find one for field "${name}".`));
}

/** An object of a type that knows its own. */
export function checked(value: unknown, place: Place, run: Run, site: Site, of: Checked): unknown {
  const { type, straight } = of;
  const decide = (is: boolean): unknown =>
    is
      ? straight(value as object, place, run)
      : refuse(run, site, place, new GraphQLError(`Expected value of type "${type.name}" but got: ${typeof value}.`));
  try {
    const is = type.isTypeOf!(value, run.context, new FieldInfo(site, place.above, run));
    return isPromise(is) ? later(is, place, run, site, ((came: boolean) => decide(came)) as Complete) : decide(is);
  } catch (error) {
    return refuse(run, site, place, error);
  }
}

export interface Checked {
  readonly type: GraphQLObjectType;
  readonly straight: CompleteObject;
}

/** Something whose type is found first. */
export function abstract(value: unknown, place: Place, run: Run, site: Site, of: Abstract): unknown {
  const { type, straight } = of;
  const decide = (name: unknown): unknown => {
    const complete = typeof name === 'string' ? straight.get(name) : undefined;
    if (complete) return complete(value, place, run);
    return refuse(run, site, place, new GraphQLError(unfit(site.schema, type, name)));
  };
  try {
    const resolveType = type.resolveType ?? defaultTypeOf;
    const name = resolveType(value, run.context, new FieldInfo(site, place.above, run), type);
    return isPromise(name) ? later(name, place, run, site, decide as Complete) : decide(name);
  } catch (error) {
    return refuse(run, site, place, error);
  }
}

export interface Abstract {
  readonly type: GraphQLAbstractType;
  readonly straight: ReadonlyMap<string, Complete>;
}

function unfit(schema: GraphQLSchema, type: GraphQLAbstractType, name: unknown): string {
  if (typeof name !== 'string')
    return `Abstract type "${type.name}" must resolve to an Object type at runtime. Either the "${type.name}" type should provide a "resolveType" function or each possible type should provide an "isTypeOf" function.`;
  if (!isObjectType(schema.getType(name)))
    return `Abstract type "${type.name}" was resolved to a type "${name}" that does not exist inside the schema.`;
  return `Runtime Object type "${name}" is not a possible type for "${type.name}".`;
}

/** As graphql-js finds it: by `__typename`, else by asking each possible type. */
const defaultTypeOf: NonNullable<GraphQLAbstractType['resolveType']> = (value, context, info, type) => {
  const name: unknown = typeof value === 'object' && value !== null ? (value as Record<string, unknown>).__typename : 0;
  if (typeof name === 'string') return name;
  const asked = info.schema
    .getPossibleTypes(type)
    .flatMap((possible) =>
      possible.isTypeOf ? [[possible.name, possible.isTypeOf(value, context, info)] as const] : [],
    );
  const sure = asked.find(([, is]) => is === true);
  if (sure) return sure[0];
  if (!asked.some(([, is]) => isPromise(is))) return undefined;
  return Promise.all(asked.map(([, is]) => is)).then((all) => asked[all.indexOf(true)]?.[0]);
};

/** A field's arguments for these variables; throws what is wrong with them. */
export function argumentsOf(site: Site, run: Run): { [name: string]: unknown } {
  return getArgumentValues(site.field, site.nodes[0]!, run.variables as { [name: string]: unknown });
}

export type ResolveReference = (key: { readonly __typename: string }, context: unknown, info: unknown) => unknown;

export interface EntityType {
  readonly resolve: ResolveReference;
  readonly straight: Complete;
}

/** The entities of a fetch, each by its own type's resolver, without the union between. */
export function entities(
  representations: readonly { readonly __typename: string }[],
  place: Place,
  run: Run,
  site: Site,
  types: ReadonlyMap<string, EntityType>,
): unknown[] {
  const count = representations.length;
  const out: unknown[] = new Array(count);
  const info = new FieldInfo(site, place.above, run);
  for (let index = 0; index < count; index++) {
    const key = representations[index]!;
    const itsPlace: Place = { above: place, key: index, holder: out as never, nullable: true };
    const type = types.get(key.__typename);
    try {
      if (!type) throw new Error(`bug: a reference to ${key.__typename}, which is no type here`);
      out[index] = complete(type.resolve(key, run.context, info), itsPlace, run, site, type.straight);
    } catch (error) {
      out[index] = refuse(run, site, itsPlace, error);
    }
    if (out[index] === bubble) out[index] = null;
  }
  return out;
}
