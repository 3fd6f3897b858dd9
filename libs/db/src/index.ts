export { checkStatements, checkStatementsIn } from '#src/check-statements.ts';
export { createDatabase, writerIn } from '#src/create-database.ts';
export type { Database, Reader, Row, SqlValue, Statement, Writer } from '#src/database.ts';
export { dumpSchema } from '#src/dump-schema.ts';
export {
  type AppliedMigration,
  applyMigrations,
  checkApplied,
  type MigrateOptions,
  migrate,
  migrateAll,
  readApplied,
  readMigrations,
  rehearseMigrations,
  type SchemaMigrations,
} from '#src/migrate.ts';
export { createPool, type Pool, type PoolOptions } from '#src/pool.ts';
export { endEarlierServer, refuseServerElsewhere } from '#src/postgres/earlier-server.ts';
export { findEmbeddedPostgres } from '#src/postgres/find-embedded-postgres.ts';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '#src/postgres/start-embedded-postgres.ts';
export { statement } from '#src/statement.ts';
