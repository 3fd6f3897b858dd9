import type { Caller } from '@steading/kit';
import { byLength } from '@steading/testkit/length';
import { parse } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { createGraphExecutor } from '#src/graph-executor.ts';
import type { GraphContext } from '#src/subgraph.ts';
import { createSubgraphRunner } from '#src/subgraph-runner.ts';
import { makePlain, makeSubgraphs } from './garden-graph.ts';
import { makeQuery } from './query-maker.ts';

type Path = readonly (string | number)[];

/** Beside the made graphs of `fuzz/`: these subgraphs come out of the builder, with its entities and scalars. */
const cases = byLength({ quick: 200, long: 2000 });
const caller: Caller = { kind: 'user', principal: 'user:usr_1', requestId: 'req_1' };
const context: GraphContext = {
  caller,
  signal: new AbortController().signal,
  loaders: { get: (_key, make) => make() },
  noteRevision: () => {},
};

/** The place that became null through an error: its own, or the next above it that may be null. */
function nullPlace(data: unknown, path: Path): string {
  let at = data;
  const walked: (string | number)[] = [];
  for (const segment of path) {
    if (at === null || at === undefined) break;
    at = (at as Record<string | number, unknown>)[segment];
    walked.push(segment);
  }
  return walked.join('.');
}

const places = (data: unknown, errors: readonly { path?: Path | undefined }[] | undefined): string[] =>
  [...new Set((errors ?? []).map((error) => nullPlace(data, error.path ?? [])))].sort();

describe.each([
  ['interpreted', Number.POSITIVE_INFINITY],
  ['compiled', 1],
] as const)('the executor, with operations %s,', (_name, compiledAtUse) => {
  const subgraphs = makeSubgraphs();
  const runners = new Map(
    [...subgraphs].map(([name, { schema }]) => [name, createSubgraphRunner(schema, { compiledAtUse })]),
  );
  const executor = createGraphExecutor({
    call: async (service, operation, asked) => runners.get(service)!(operation, asked),
  });

  beforeAll(async () => {
    const set = await executor.setSubgraphs([...subgraphs].map(([name, { sdl }]) => ({ name, sdl })));
    expect(set).toEqual({ ok: true });
    await executor.execute({ document: parse('{ spaces { owner { name } apps { id } } }') }, context);
  });

  it(`answers ${cases / 2} made queries as one plain schema does`, async () => {
    const plain = makePlain(executor.publicSdl!);
    let failing = 0;
    for (let seed = compiledAtUse === 1 ? 0 : 1; seed < cases; seed += 2) {
      const { text, variables } = makeQuery(plain.schema, seed);
      const document = parse(text);
      const expected = await plain.run(document, variables);
      const { data, errors } = await executor.execute({ document, variables }, context);
      const story = `seed ${seed}: ${text} ${JSON.stringify(variables)}`;
      const answer = JSON.parse(data ?? 'null') as unknown;
      expect(answer, story).toEqual(JSON.parse(JSON.stringify(expected.data ?? null)));
      expect(places(answer, errors), story).toEqual(places(answer, expected.errors));
      if (errors.length > 0) failing++;
    }
    // Both ways of things are in there: answers that are whole, and those with something missing.
    expect(failing).toBeGreaterThan(cases / 20);
    expect(failing).toBeLessThan(cases / 2.5);
  }, 120_000);
});
