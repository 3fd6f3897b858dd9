/**
 * People, spaces and apps as three subgraphs, and the same as one plain schema. Both are made of the same rules, so that
 * whatever differs in an answer comes from the executor. Some rules fail or give null, always for the same things.
 */
import type { Access } from '@steading/access';
import { createLog, kitErrors } from '@steading/kit';
import { buildSchema, type DocumentNode, execute, type GraphQLScalarType, type GraphQLSchema } from 'graphql';
import { open } from '#src/field-access.ts';
import { dateTimeScalar } from '#src/scalars.ts';
import type { Subgraph } from '#src/subgraph.ts';
import { createSubgraphBuilder, finish, reference } from '#src/subgraph-builder.ts';

export interface Thing {
  readonly __typename: string;
  readonly id: string;
  readonly of?: string;
}
type Args = { first?: number | null | undefined; id?: string };
type Rule = (thing: Thing, args: Args) => unknown;

const person = (n: number): Thing => ({ __typename: 'Person', id: `usr_${n % 8}` });
const space = (n: number): Thing => ({ __typename: 'Space', id: `spc_${n % 6}` });
const app = (n: number): Thing => ({ __typename: 'App', id: `app_${n % 5}` });
const number = ({ id }: Thing): number => Number(id.split('_')[1]);
const refuse = (): never => {
  throw kitErrors('forbidden', { why: 'It is theirs.' });
};
const later = <T>(thing: Thing, value: T): T | Promise<T> => (number(thing) % 2 ? Promise.resolve(value) : value);
const some = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

export const rules = {
  Query: {
    viewer: () => person(1),
    person: (_: unknown, { id }: Args) => (id === 'usr_9' ? null : { __typename: 'Person', id: id! }),
    spaces: (_: unknown, { first }: Args) => some(Math.min(first ?? 4, 6), space),
    space: (_: unknown, { id }: Args) => (id === 'spc_5' ? null : { __typename: 'Space', id: id! }),
    apps: () => Promise.resolve(some(5, app)),
    found: () => [app(1), space(2), app(3), space(0)],
  },
  Person: {
    id: (one: Thing) => one.id,
    name: (one: Thing) => (number(one) === 3 ? refuse() : later(one, `Ada "${number(one)}"\n\u2028é😀`)),
    email: (one: Thing) => (number(one) % 3 === 1 ? refuse() : number(one) % 3 === 2 ? null : `${one.id}@example.org`),
    joined: (one: Thing) => later(one, new Date(Date.UTC(2026, 0, 1 + number(one)))),
    friends: (one: Thing) => some(number(one) % 4, (n) => person(number(one) + n + 1)),
    best: (one: Thing) => (number(one) % 4 === 0 ? null : later(one, person(number(one) + 3))),
    spaces: (one: Thing) =>
      later(
        one,
        some(number(one) % 3, (n) => space(number(one) + n)),
      ),
    home: (one: Thing) => (number(one) % 5 === 4 ? refuse() : number(one) % 5 === 0 ? null : space(number(one))),
  },
  Space: {
    id: (one: Thing) => one.id,
    title: (one: Thing) => later(one, `Garden ${number(one)}`),
    kind: (one: Thing) => (number(one) % 2 ? 'open' : 'closed'),
    tags: (one: Thing) => some(number(one) % 3, (n) => `tag ${n}`),
    extra: (one: Thing) => (number(one) === 2 ? null : { deep: [1, null, { text: 'a' }], at: number(one) / 3 }),
    owner: (one: Thing) => person(number(one)),
    keeper: (one: Thing) => (number(one) === 4 ? null : later(one, person(number(one) + 2))),
    parent: (one: Thing) => (number(one) === 0 ? null : number(one) === 4 ? refuse() : space(number(one) - 1)),
    members: (one: Thing, { first }: Args) =>
      some(Math.min(first ?? 3, 5), (n) => ({
        __typename: 'Member',
        id: `member_${n}`,
        of: `usr_${(number(one) + n) % 8}`,
      })),
    apps: (one: Thing) =>
      later(
        one,
        some(number(one) % 3, (n) => app(number(one) + n)),
      ),
  },
  Member: {
    person: (one: Thing) => ({ __typename: 'Person', id: one.of! }),
    role: (one: Thing) => (one.of === 'usr_6' ? null : 'member'),
  },
  App: {
    id: (one: Thing) => one.id,
    label: (one: Thing) => (number(one) === 4 ? refuse() : `App ${number(one)}`),
    space: (one: Thing) => space(number(one)),
    makers: (one: Thing) =>
      some(3, (n) =>
        n === 1 && number(one) === 2
          ? Promise.reject(kitErrors('not-found', { kind: 'person' }))
          : Promise.resolve(person(n)),
      ),
  },
} satisfies Record<string, Record<string, (...given: never[]) => unknown>>;

const log = createLog({ level: 'silent' });
const access = { revision: 1 } as unknown as Access;
const everybody = open('a test');
const made = (service: string) => createSubgraphBuilder({ service, log, access });

/** A rule as a resolver of whatever type the field has. */
function by<T>(rule: (...given: never[]) => unknown): (thing: Thing, args: Args) => T {
  return rule as (thing: Thing, args: Args) => T;
}
const key = (builder: ReturnType<typeof made>) => builder.selection<{ id: string }>('id');

function people(): Subgraph {
  const builder = made('people');
  const Person = builder.objectRef<Thing>('Person');
  const of = rules.Person;
  Person.implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.string({ resolve: by<string>(of.name) }),
      email: t.string({ nullable: true, resolve: by<string>(of.email) }),
      joined: t.field({ type: 'DateTime', resolve: by<Date>(of.joined) }),
      friends: t.field({ type: [Person], resolve: by<Thing[]>(of.friends) }),
      best: t.field({ type: Person, nullable: true, resolve: by<Thing>(of.best) }),
    }),
  });
  const load = (found: { id: string }): Promise<Thing> => Promise.resolve({ __typename: 'Person', id: found.id });
  builder.asEntity(Person, { key: key(builder), resolveReference: reference(builder, everybody, load) });
  const { viewer, person: one } = rules.Query;
  builder.queryFields((t) => ({
    viewer: t.field({ type: Person, access: everybody, resolve: by<Thing>(viewer) as never }),
    person: t.field({
      type: Person,
      nullable: true,
      args: { id: t.arg.id({ required: true }) },
      access: everybody,
      resolve: (_root, args) => one(_root, args) as Thing | null,
    }),
  }));
  return finish(builder);
}

function spaces(): Subgraph {
  const builder = made('spaces');
  const Kind = builder.enumType('Kind', { values: ['open', 'closed'] as const });
  const Space = builder.objectRef<Thing>('Space');
  const Person = builder
    .externalRef('Person', key(builder), (found) => ({ ...found, __typename: 'Person' }))
    .implement({
      externalFields: (t) => ({ id: t.id({ nullable: false }) }),
      fields: (t) => ({
        spaces: t.field({ type: [Space], resolve: by<Thing[]>(rules.Person.spaces) as never }),
        home: t.field({ type: Space, nullable: true, resolve: by<Thing>(rules.Person.home) as never }),
      }),
    });
  const Member = builder.objectRef<Thing>('Member').implement({
    fields: (t) => ({
      person: t.field({ type: Person, resolve: by<never>(rules.Member.person) }),
      role: t.string({ resolve: by<string>(rules.Member.role) }),
    }),
  });
  const of = rules.Space;
  Space.implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      title: t.string({ resolve: by<string>(of.title) }),
      kind: t.field({ type: Kind, resolve: by<'open'>(of.kind) }),
      tags: t.stringList({ resolve: by<string[]>(of.tags) }),
      extra: t.field({ type: 'JSON', nullable: true, resolve: by<unknown>(of.extra) }),
      owner: t.field({ type: Person, resolve: by<never>(of.owner) }),
      keeper: t.field({ type: Person, nullable: true, resolve: by<never>(of.keeper) }),
      parent: t.field({ type: Space, nullable: true, resolve: by<Thing>(of.parent) }),
      members: t.field({
        type: [Member],
        nullable: true,
        args: { first: t.arg.int() },
        resolve: by<Thing[]>(of.members),
      }),
    }),
  });
  const load = (found: { id: string }): Thing => ({ __typename: 'Space', id: found.id });
  builder.asEntity(Space, { key: key(builder), resolveReference: reference(builder, everybody, load) });
  const { spaces: list, space: one } = rules.Query;
  builder.queryFields((t) => ({
    spaces: t.field({
      type: [Space],
      args: { first: t.arg.int() },
      access: everybody,
      resolve: (_root, args) => list(_root, args),
    }),
    space: t.field({
      type: Space,
      nullable: true,
      args: { id: t.arg.id({ required: true }) },
      access: everybody,
      resolve: (_root, args) => one(_root, args) as Thing | null,
    }),
  }));
  return finish(builder);
}

function apps(): Subgraph {
  const builder = made('apps');
  const App = builder.objectRef<Thing>('App');
  const Person = builder
    .externalRef('Person', key(builder))
    .implement({ externalFields: (t) => ({ id: t.id({ nullable: false }) }) });
  const Space = builder
    .externalRef('Space', key(builder), (found) => ({ ...found, __typename: 'Space' }))
    .implement({
      externalFields: (t) => ({ id: t.id({ nullable: false }) }),
      fields: (t) => ({ apps: t.field({ type: [App], resolve: by<Thing[]>(rules.Space.apps) as never }) }),
    });
  const of = rules.App;
  App.implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      label: t.string({ nullable: true, resolve: by<string>(of.label) }),
      space: t.field({ type: Space, resolve: by<never>(of.space) }),
      makers: t.field({ type: [Person], nullable: { items: true, list: true }, resolve: by<never>(of.makers) }),
    }),
  });
  const load = (found: { id: string }): Thing => ({ __typename: 'App', id: found.id });
  builder.asEntity(App, { key: key(builder), resolveReference: reference(builder, everybody, load) });
  const Found = builder.unionType('Found', {
    types: [App, Space],
    resolveType: (value) => (value as unknown as Thing).__typename as never,
  });
  builder.queryFields((t) => ({
    apps: t.field({ type: [App], access: everybody, resolve: rules.Query.apps }),
    found: t.field({ type: [Found], access: everybody, resolve: () => rules.Query.found() as never }),
  }));
  return finish(builder);
}

export const makeSubgraphs = (): ReadonlyMap<string, Subgraph> =>
  new Map([
    ['people', people()],
    ['spaces', spaces()],
    ['apps', apps()],
  ]);

/** The same things and rules as one schema that graphql-js runs. */
export function makePlain(publicSdl: string) {
  const schema: GraphQLSchema = buildSchema(publicSdl);
  const dateTime = schema.getType('DateTime') as GraphQLScalarType;
  dateTime.serialize = (value) => dateTimeScalar.serialize(value);
  const all: Record<string, Record<string, unknown>> = rules;
  return {
    schema,
    run: (document: DocumentNode, variables: Record<string, unknown>) =>
      Promise.resolve(
        execute({
          schema,
          document,
          variableValues: variables,
          rootValue: {},
          typeResolver: (value) => (value as Thing).__typename,
          // Asynchronous throughout: graphql-js leaves promises behind where a neighbour fails at once.
          fieldResolver: async (thing, args, _context, { parentType, fieldName }) =>
            (all[parentType.name]![fieldName] as Rule)(thing as Thing, args as Args),
        }),
      ),
  };
}
