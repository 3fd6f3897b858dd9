import { describe, expect, it, test } from 'vitest';
import { subgraphNameOf, subgraphNameProblem, subgraphPathProblem } from '#src/app-subgraphs.ts';
import { checkSdl } from '#src/subgraph-rules.ts';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@external", "@extends"])\n';
const fine = `
  type Query { ratings_top(first: Int = 3): [Ratings_Rating!] }
  type Mutation { ratings_rate(input: Ratings_Input!): Ratings_Rating }
  "What people think of it."
  type Ratings_Rating { stars: Int! mood: Ratings_Mood space: Space by: Person about: Ratings_Thing }
  union Ratings_Thing = Ratings_Rating | Space
  interface Ratings_Named { name: String! }
  enum Ratings_Mood { GOOD BAD @deprecated(reason: "be kind") }
  input Ratings_Input { spaceId: ID! stars: Int! }
  scalar Ratings_Date @specifiedBy(url: "https://example.org/date")
  extend type Space @key(fields: "id") { id: ID! @external ratings_average: Float ratings_last: [Ratings_Rating!] }
  type Person @key(fields: "id", resolvable: false) { id: ID! }
`;
const problems = (sdl: string, name = 'ratings') => checkSdl(link + sdl, name).problems;

describe('the SDL of an app', () => {
  it('is taken where everything bears its name and the house’s things are extended by key', () => {
    expect(checkSdl(link + fine, 'ratings')).toEqual({
      problems: [],
      adds: ['Mutation.ratings_rate', 'Query.ratings_top', 'Space.ratings_average', 'Space.ratings_last'],
    });
  });

  const query = 'type Query { ratings_a: Int }\n';
  const table: readonly (readonly [why: string, sdl: string, problem: RegExp])[] = [
    ['a root field without its name', 'type Query { top: Int }', /Query\.top: call it Query\.ratings_top/],
    ['a name that only begins alike', 'type Query { ratingstop: Int }', /Query\.ratingstop: call it/],
    ['its bare prefix', 'type Query { ratings_: Int }', /Query\.ratings_: call it/],
    ['a mutation without its name', 'extend type Mutation { removeSpace(id: ID!): Int }', /Mutation\.removeSpace/],
    ['a root field that may not be null', 'type Query { ratings_a: Int! }', /must be nullable/],
    ['a list that may not be null', 'type Query { ratings_a: [Int!]! }', /must be nullable/],
    [
      'an extension that may not be null',
      `${query}extend type Space @key(fields: "id") { id: ID! ratings_b: Int! }`,
      /Space\.ratings_b must be nullable/,
    ],
    [
      'a field of the house',
      `${query}extend type Space @key(fields: "id") { id: ID! name: String }`,
      /Space\.name: call it/,
    ],
    ['a type of the house', `${query}type Project { id: ID! }`, /Project: call it Ratings_Project/],
    ['a type of another app', `${query}type Shop_Item { id: ID! }`, /Shop_Item: call it/],
    ['a type with its bare prefix', `${query}type Ratings_ { id: ID! }`, /Ratings_: call it/],
    ['a shared scalar', `${query}scalar DateTime`, /DateTime: call it/],
    ['an input of the house', `${query}input SourceInput { url: String }`, /SourceInput: call it/],
    ['the house’s type as another kind', `${query}union Space = Ratings_A type Ratings_A { a: Int }`, /Space: call it/],
    ['no key', `${query}type Space { id: ID! }`, /Space needs @key\(fields: "id"\)/],
    ['another key', `${query}type Space @key(fields: "nameId") { ratings_b: Int }`, /Space needs @key/],
    [
      'two keys',
      `${query}type Space @key(fields: "id") @key(fields: "id ratings_b") { id: ID! ratings_b: Int }`,
      /several keys/,
    ],
    [
      'two keys in two places',
      `${query}type Ratings_A @key(fields: "a") { a: ID! b: ID! } extend type Ratings_A @key(fields: "b")`,
      /Ratings_A has several keys/,
    ],
    [
      'a key that is not resolved',
      `${query}type Space @key(fields: "id", resolvable: false) { id: ID! ratings_b: Int }`,
      /leave out resolvable/,
    ],
    [
      'another type of the key',
      `${query}type Space @key(fields: "id") { id: String! ratings_b: Int }`,
      /Space\.id must be written/,
    ],
    [
      'an argument of the key',
      `${query}type Space @key(fields: "id") { id(a: Int): ID! ratings_b: Int }`,
      /Space\.id must be written/,
    ],
    [
      'an interface of the house’s type',
      `${query}interface Ratings_I { id: ID! } type Space implements Ratings_I @key(fields: "id") { id: ID! }`,
      /cannot implement/,
    ],
    ...[
      'override(from: "spaces")',
      'inaccessible',
      'shareable',
      'requires(fields: "id")',
      'provides(fields: "id")',
      'tag(name: "x")',
      'authenticated',
    ].map(
      (directive) =>
        [
          `@${directive}`,
          `type Query { ratings_a: Int @${directive} }`,
          new RegExp(`@${directive.split('(')[0]} is not for apps`),
        ] as const,
    ),
    [
      '@interfaceObject',
      `${query}type Ratings_A @interfaceObject @key(fields: "id") { id: ID! }`,
      /@interfaceObject is not/,
    ],
    ['@composeDirective', `${query}extend schema @composeDirective(name: "@x")`, /@composeDirective is not/],
    ['a directive of its own', `${query}directive @x on FIELD_DEFINITION`, /definition of @x/],
    ['a subscription', `${query}type Subscription { ratings_s: Int }`, /Subscription: apps offer/],
    ['other root types', `schema { query: Ratings_Q } type Ratings_Q { a: Int }`, /Leave out `schema/],
    [
      'a root type by extension',
      `extend schema { query: Ratings_Q } type Ratings_Q { a: Int }`,
      /Leave the root types/,
    ],
    ['a second link', `${query}extend schema @link(url: "https://example.org/x/v1.0")`, /no other link/],
    ['@link elsewhere', `${query}type Ratings_A @link(url: "x") { a: Int }`, /@link is not for apps/],
    ['an unknown type', 'type Query { ratings_a: Ratings_Lost }', /Ratings_Lost is not defined here/],
    ['an unknown argument type', 'type Query { ratings_a(b: Lost): Int }', /Lost is not defined here/],
    ['a house type that it does not refer to by key', 'type Query { ratings_a: Space }', /add `type Space @key/],
    ['a root type as a field', 'type Query { ratings_a: Query }', /cannot be the type of a field/],
    ['an operation', `${query}query { ratings_a }`, /no operations/],
    ['a syntax error', 'type Query {', /cannot be read/],
    ['too many bytes', `# ${'x'.repeat(100_000)}\n${query}`, /more than 100 KB/],
    ['too many words', `enum Ratings_A { ${'a '.repeat(21_000)} }`, /cannot be read/],
    ['lists without end', `type Query { ratings_a: ${'['.repeat(5_000)}Int${']'.repeat(5_000)} }`, /nested too deep/],
    [
      'a default without end',
      `type Query { ratings_a(b: [Int] = ${'['.repeat(50)}${']'.repeat(50)}): Int }`,
      /nested too deep/,
    ],
    [
      'a key within a key',
      `${query}type Ratings_A @key(fields: "a { b }") { a: Ratings_A b: ID! }`,
      /Ratings_A: name plain fields in its @key/,
    ],
    [
      'too many fields',
      `type Query { ${Array.from({ length: 1_001 }, (_, n) => `ratings_${n}: Int`).join(' ')} }`,
      /1000 fields/,
    ],
  ];
  test.each(table)('is refused for %s', (_why, sdl, problem) => {
    expect(problems(sdl).join('\n')).toMatch(problem);
  });

  const links = [
    ['none', ''],
    [
      'a renamed directive',
      '@link(url: "https://specs.apollo.dev/federation/v2.6", import: [{ name: "@key", as: "@k" }])',
    ],
    ['another directive', '@link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@override"])'],
    ['a prefix', '@link(url: "https://specs.apollo.dev/federation/v2.6", as: "f", import: ["@key"])'],
    ['another specification', '@link(url: "https://example.org/federation/v2.6", import: ["@key"])'],
    ['a later version', '@link(url: "https://specs.apollo.dev/federation/v2.11", import: ["@key"])'],
  ] as const;
  test.each(links)('is refused for its link: %s', (_why, given) => {
    const sdl = `${given && `extend schema ${given}`}\ntype Query { ratings_a: Int }`;
    expect(checkSdl(sdl, 'ratings').problems.join('\n')).toMatch(/Begin with `extend schema @link/);
  });
});

test('a name comes from the short name of the app, and a path stays on its server', () => {
  expect(['ratings', 'my-ratings', 'a-1-b'].map(subgraphNameOf)).toEqual(['ratings', 'myRatings', 'a1B']);
  for (const name of ['ratings', 'myRatings2']) expect(subgraphNameProblem(name)).toBeUndefined();
  for (const name of ['', 'my_ratings', 'Ratings', '1st', 'a'.repeat(31), 'a-b'])
    expect(subgraphNameProblem(name)).toBeDefined();
  for (const path of ['/', '/graphql', '/api/v1/graph']) expect(subgraphPathProblem(path)).toBeUndefined();
  for (const path of [
    '',
    'graphql',
    '//evil.example',
    '/../x',
    '/a?b',
    '/a#b',
    '/a b',
    'http://x/',
    `/${'a'.repeat(200)}`,
  ])
    expect(subgraphPathProblem(path)).toBeDefined();
});
