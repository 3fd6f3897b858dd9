export type { Database, Reader, Row, SqlValue, Statement, Writer } from '#src/database.ts';
export { statement } from '#src/statement.ts';
