import type { Log } from '@steading/kit';
import pg from 'pg';

export type { Pool } from 'pg';

export interface PoolOptions {
  readonly url: string;
  /** Most connections of this process; default 12. */
  readonly max?: number;
  readonly log: Log;
}

const statementTimeoutMs = 10_000;
const connectTimeoutMs = 10_000;
const idleTimeoutMs = 30_000;

// bigint and numeric counts fit a double here: revisions and positions stay below 2^53.
pg.types.setTypeParser(20, Number);

const parseTime: (text: string) => Date = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ);
// In UTC, as servers give it by default, the engine's own parser takes it: several times as fast in long lists.
const inUtc = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00$/;
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) =>
  inUtc.test(text) ? new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`) : parseTime(text),
);

/** The one pool of a process. A connection that dies while idle is dropped and logged; the next query gets another. */
export function createPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max ?? 12,
    idleTimeoutMillis: idleTimeoutMs,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 60_000,
    application_name: 'steading',
    keepAlive: true,
  });
  // One that dies in somebody's hands between two statements fails their next one; unheard, it would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', (error) => options.log.warn({ err: error }, 'an idle database connection was lost'));
  return pool;
}
