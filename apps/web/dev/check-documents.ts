/**
 * Validates every GraphQL document of the app against the committed SDL: gql.tada types an unknown field as `unknown`
 * and says nothing. Part of `pnpm check`.
 */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSchema, parse, validate } from 'graphql';

const root = fileURLToPath(new URL('../', import.meta.url));
const schema = buildSchema(readFileSync(`${root}src/graph/schema.graphql`, 'utf8'));
let documents = 0;
const problems: string[] = [];
for (const file of globSync('src/**/*.{ts,tsx}', { cwd: root })) {
  for (const [, source] of readFileSync(root + file, 'utf8').matchAll(/graphql\(`([^`]*)`\)/g)) {
    documents += 1;
    for (const error of validate(schema, parse(source ?? ''))) problems.push(`${file}: ${error.message}`);
  }
}
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log(`${documents} documents fit the schema`);
