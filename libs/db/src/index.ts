export { checkStatements } from '#src/check-statements.ts';
export { createDatabase } from '#src/create-database.ts';
export type { Database, Reader, Row, SqlValue, Statement, Writer } from '#src/database.ts';
export { dumpSchema } from '#src/dump-schema.ts';
export { type MigrateOptions, migrate } from '#src/migrate.ts';
export { createPool, type Pool, type PoolOptions } from '#src/pool.ts';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '#src/postgres/start-embedded-postgres.ts';
export { statement } from '#src/statement.ts';
