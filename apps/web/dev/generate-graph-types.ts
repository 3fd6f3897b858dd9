/**
 * Turns the committed SDL (src/graph/schema.graphql) into the types that gql.tada infers documents from.
 * Run by `pnpm generate` after the SDL changed; the result is committed, so neither the build nor the editor needs it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { minifyIntrospection, outputIntrospectionFile, preprocessIntrospection } from '@gql.tada/internal';
import { buildSchema, introspectionFromSchema } from 'graphql';

const folder = new URL('../src/graph/', import.meta.url);
const schema = buildSchema(readFileSync(new URL('schema.graphql', folder), 'utf8'));
const introspection = minifyIntrospection(introspectionFromSchema(schema, { descriptions: false }));
const source = outputIntrospectionFile(introspection, {
  fileType: '.d.ts',
  shouldPreprocess: typeof preprocessIntrospection === 'function',
});
writeFileSync(new URL('introspection.gen.ts', folder), source);
