import { environment, layers, pureForest, staticHalves } from '#src/tidy/import-rules.ts';
import { lockfile, ownTables, shape, sql, words } from '#src/tidy/shape-rules.ts';
import { type Problem, type Rule, readSourceFiles } from '#src/tidy/source-files.ts';

const rules: readonly Rule[] = [layers, pureForest, staticHalves, environment, shape, sql, ownTables, words, lockfile];

/** The house's invariants, as far as text can show them. */
export function tidy(root: string): Problem[] {
  const files = readSourceFiles(root);
  return rules.flatMap((rule) => rule(files));
}

if (import.meta.main) {
  const problems = tidy(process.cwd());
  for (const { path, line, text } of problems) console.log(`${path}${line ? `:${line}` : ''} ${text}`);
  console.log(problems.length === 0 ? 'tidy: every invariant holds' : `tidy: ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
