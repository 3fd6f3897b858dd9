import { expect, test } from 'vitest';
import { environment, layers, pureForest, staticHalves } from '#src/tidy/import-rules.ts';
import { ownTables, shape, words } from '#src/tidy/shape-rules.ts';
import type { SourceFile } from '#src/tidy/source-files.ts';

const file = (path: string, text: string): SourceFile => ({ path, text, lines: text.split('\n') });
const packages = ['identity', 'deploy'].map((name) =>
  file(`services/${name}/package.json`, JSON.stringify({ name: `@steading/${name}` })),
);

test('a service that imports another is found', () => {
  const bad = file('services/deploy/src/a.ts', "import { identityService } from '@steading/identity';");
  const good = file('services/deploy/src/b.ts', "import { newId } from '@steading/kit';");
  expect(layers([...packages, bad, good]).map((problem) => problem.path)).toEqual(['services/deploy/src/a.ts']);
});

test('a clock in the forest engine is found', () => {
  expect(pureForest([file('libs/forest/src/a.ts', 'const now = Date.now();')])).toHaveLength(1);
  expect(pureForest([file('libs/forest/src/a.ts', "import { readFileSync } from 'node:fs';")])).toHaveLength(1);
});

test('work that every process would load is found', () => {
  const imports = (line: string) => staticHalves([file('services/deploy/src/service.ts', line)]);
  expect(imports("import { createPipeline } from '#src/pipeline/pipeline.ts';")).toHaveLength(1);
  expect(imports("import { create } from '#src/create.ts';")).toHaveLength(1);
  expect(imports("import type { Outside } from '#src/create.ts';")).toEqual([]);
  expect(imports("import { graphFail } from '#src/graph/graph-errors.ts';")).toEqual([]);
});

test('the environment is read by apps only', () => {
  const line = 'const home = process.env.HOME;';
  expect(environment([file('libs/kit/src/a.ts', line)])).toHaveLength(1);
  expect(environment([file('apps/cli/src/a.ts', line)])).toHaveLength(0);
});

test('a query of a foreign table is found', () => {
  expect(
    ownTables([
      ...packages,
      file('services/deploy/src/apps-db.ts', "statement('x', 'select 1 from identity.sessions')"),
    ]),
  ).toHaveLength(1);
  expect(
    ownTables([...packages, file('services/deploy/src/apps-db.ts', "statement('x', 'select 1 from deploy.apps')")]),
  ).toHaveLength(0);
});

test('long files, names without meaning and skipped tests are found', () => {
  expect(shape([file('libs/kit/src/long.ts', 'x\n'.repeat(700))])).toHaveLength(1);
  expect(shape([file('libs/kit/src/utils.ts', '')])).toHaveLength(1);
  expect(words([file('libs/kit/tests/a.test.ts', "test.skip('x', () => {});")])).toHaveLength(1);
});
