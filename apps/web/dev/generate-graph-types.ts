/**
 * Turns the committed SDL (src/graph/schema.graphql) into the types that gql.tada infers documents from.
 * Run by `pnpm generate` after the SDL changed; the result is committed, so neither the build nor the editor needs it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { minifyIntrospection, outputIntrospectionFile, preprocessIntrospection } from '@gql.tada/internal';
import { buildSchema, introspectionFromSchema } from 'graphql';

/** The text of `introspection.gen.ts` for an SDL. */
export function graphTypes(sdl: string): string {
  const introspection = minifyIntrospection(introspectionFromSchema(buildSchema(sdl), { descriptions: false }));
  return outputIntrospectionFile(introspection, {
    fileType: '.d.ts',
    shouldPreprocess: typeof preprocessIntrospection === 'function',
  });
}

if (import.meta.main) {
  const folder = new URL('../src/graph/', import.meta.url);
  writeFileSync(
    new URL('introspection.gen.ts', folder),
    graphTypes(readFileSync(new URL('schema.graphql', folder), 'utf8')),
  );
}
