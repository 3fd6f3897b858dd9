import { defineConfig } from 'vitest/config';

/** One process, threads, no isolation: a file that needs a database makes its own. */
export default defineConfig({
  // Vite would take the ES modules of graphql, Node and everything outside the workspace its CommonJS: one of each is
  // two GraphQLs, which refuse each other's schemas.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: [
      '{apps,libs,services,tools}/*/{src,tests}/**/*.test.ts',
      'tools/**/*.test.ts',
      'contracts/**/*.test.ts',
      'tests/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**'],
    globalSetup: ['tools/src/vitest-setup.ts'],
    pool: 'threads',
    isolate: false,
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 150_000,
    reporters: ['default'],
    // `./steading test --long`: the full lengths of what an ordinary run only samples.
    provide: { longTests: process.env.STEADING_TEST_LONG === '1' },
  },
});
