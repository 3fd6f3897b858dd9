import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { knownComposition, withKnownComposition } from '#src/live/known-composition.ts';
import { type ComposeSubgraphs, composeSubgraphs } from '#src/supergraph.ts';

const folder = mkdtempSync(join(tmpdir(), 'steading-composition-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = pathToFileURL(join(folder, 'composition.json'));

const rain = { name: 'rain', sdl: 'type Query { rain: Boolean! }' };
const snow = { name: 'snow', sdl: 'type Query { snow: Boolean! }' };

it('is used for the subgraphs that it is of, in any order, and for nothing else', async () => {
  let composed = 0;
  const compose: ComposeSubgraphs = (subgraphs) => {
    composed++;
    return composeSubgraphs(subgraphs);
  };
  const made = await composeSubgraphs([rain, snow]);
  if ('problem' in made) throw new Error(made.problem);
  writeFileSync(file, JSON.stringify(knownComposition([rain, snow], made.ok)));

  const withKnown = withKnownComposition(file, compose);
  expect(await withKnown([rain, snow])).toEqual(made);
  expect(await withKnown([snow, rain])).toEqual(made);
  expect(composed).toBe(0);
  for (const other of [[rain], [rain, { ...snow, sdl: `${snow.sdl} ` }], [rain, { ...snow, foreign: true }]])
    expect(await withKnown(other)).toHaveProperty('ok');
  expect(composed).toBe(3);
});

it('composes where there is no file, or one that cannot be read', async () => {
  const made = await composeSubgraphs([rain]);
  for (const text of [undefined, '{"of":']) {
    const odd = pathToFileURL(join(folder, 'odd.json'));
    if (text !== undefined) writeFileSync(odd, text);
    expect(await withKnownComposition(odd, composeSubgraphs)([rain])).toEqual(made);
  }
});
