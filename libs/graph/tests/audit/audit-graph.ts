/**
 * Scenarios of federation, each with subgraphs of its own: what is asked, what comes back, where something is missing and
 * who was asked. The families are those of the public audit of federation gateways; schemas and data are our own.
 */
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { type Graph, startGraph } from '../graph-harness.ts';

type Resolve = (thing: never, args: never) => unknown;
export type Resolvers = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Part {
  readonly sdl: string;
  readonly resolvers?: Resolvers;
}

export interface Ask {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly data: unknown;
  /** Paths of what went wrong; default none. */
  readonly errors?: readonly string[];
  /** Who was asked, in any order. */
  readonly asked?: readonly string[];
}

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable", "@external", ' +
  '"@requires", "@provides", "@override", "@inaccessible", "@interfaceObject", "@extends"])\n';

/** A field of the thing as it is: what most resolvers do. */
export const by = (resolve: Resolve): Resolve => resolve;

export function toSubgraph(name: string, { sdl, resolvers = {} }: Part) {
  // What begins without types of its own is a schema of Federation 1.
  const text = sdl.startsWith('#1') ? sdl : link + sdl;
  const schema: GraphQLSchema = buildSubgraphSchema([{ typeDefs: parse(text), resolvers: resolvers as never }]);
  return { name, sdl: text, schema };
}

export const start = (parts: Readonly<Record<string, Part>>): Promise<Graph | { problem: string }> =>
  startGraph(Object.entries(parts).map(([name, part]) => toSubgraph(name, part)));

export function audit(name: string, parts: Readonly<Record<string, Part>>, asks: readonly Ask[]): void {
  describe(name, () => {
    it.each(asks)('answers $query', async ({ query, variables, data, errors = [], asked }) => {
      const graph = await start(parts);
      if ('problem' in graph) throw new Error(graph.problem);
      const document = parse(query);
      expect(validate(graph.schema, document)).toEqual([]);
      const answer = await graph.ask({ document, variables });
      expect(answer.errors.map(({ path, message }) => path?.join('.') ?? message).sort()).toEqual([...errors].sort());
      expect(answer.data === undefined ? undefined : JSON.parse(answer.data)).toEqual(data);
      if (asked) expect(graph.calls.map(({ service }) => service).sort()).toEqual([...asked].sort());
    });
  });
}
