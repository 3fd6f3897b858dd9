import { setTimeout as sleep } from 'node:timers/promises';
import { kitErrors, type Log } from '@steading/kit';
import type { Pool, PoolClient } from 'pg';
import type { Database, Reader, Row, SqlValue, Statement, Writer } from '#src/database.ts';

const attempts = 5;
/** PostgreSQL's codes for "run the transaction again": serialization failure, deadlock. */
const repeatable = new Set(['40001', '40P01']);
/** The server went away, is not up yet or has no connection left: nothing of this transaction was committed, or the connection never was. */
const away = new Set([
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '08000',
  '08001',
  '08003',
  '08006',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
]);

type Queryable = Pick<PoolClient, 'query'>;

/** A service's view of the pool: named prepared statements, and transactions that are repeated where that is right. */
export function createDatabase(pool: Pool, options: { log: Log }): Database {
  const { log } = options;
  return {
    ...readerOn(pool),
    async write(work) {
      return persist(() => transact(pool, work, log));
    },
  };
}

/** A service's view of a transaction that somebody else began, and will commit or roll back. */
export function writerIn(client: Queryable): Writer {
  return writerOn(client, []);
}

/**
 * Tries again what may be tried again: soon after a conflict, and for about two seconds while the server is away, which
 * is how long a PostgreSQL that died takes to be up again.
 */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= attempts || !mayRepeat(error)) throw wrap(error);
      const firstMs = isAway(error) ? 60 : 10;
      await sleep(attempt * attempt * firstMs * (0.7 + Math.random() * 0.6));
    }
  }
}

async function transact<T>(pool: Pool, work: (tx: Writer) => Promise<T>, log: Log): Promise<T> {
  const client = await pool.connect();
  const after: (() => void)[] = [];
  let broken: Error | undefined;
  // A connection that breaks between two statements must end this transaction, not the process.
  const onBroken = (error: Error) => (broken = error);
  client.on('error', onBroken);
  let result: T;
  try {
    await client.query('begin');
    result = await work(writerOn(client, after));
    await commit(client);
  } catch (error) {
    if (error instanceof CommitUnknown) broken = error;
    else {
      await client.query('rollback').catch((failure: Error) => {
        broken = failure;
        log.debug({ err: failure }, 'a rollback did not reach the server');
      });
    }
    throw error;
  } finally {
    client.off('error', onBroken);
    client.release(broken);
  }
  for (const call of after) runAfterCommit(call, log);
  return result;
}

async function commit(client: PoolClient): Promise<void> {
  let answer: string;
  try {
    answer = (await client.query('commit')).command;
  } catch (error) {
    throw isAway(error) ? new CommitUnknown(error) : error;
  }
  // A transaction in which a statement failed, and somebody swallowed that, ends in a rollback without an error.
  if (answer === 'ROLLBACK') throw new Error('bug: a statement of the transaction failed and its error was swallowed');
}

function runAfterCommit(call: () => void, log: Log): void {
  try {
    call();
  } catch (error) {
    log.error({ err: error }, 'what was to follow a commit failed');
  }
}

/** The connection broke while the commit was under way: it may or may not have happened, so it is not repeated here. */
class CommitUnknown extends Error {
  constructor(cause: unknown) {
    super('the connection was lost during a commit', { cause });
  }
}

function readerOn(on: Pool | Queryable): Reader {
  return {
    all: (statement, ...params) => query(on, statement, params),
    first: async (statement, ...params) => (await query(on, statement, params))[0],
  };
}

function writerOn(client: Queryable, after: (() => void)[]): Writer {
  return {
    ...readerOn(client),
    async run(statement, ...params) {
      return (
        (await client.query({ name: statement.name, text: statement.text, values: params as unknown as unknown[] }))
          .rowCount ?? 0
      );
    },
    afterCommit: (call) => void after.push(call),
  };
}

async function query<P extends readonly SqlValue[], R extends Row>(
  on: Pool | Queryable,
  statement: Statement<P, R>,
  params: P,
): Promise<R[]> {
  const asked = { name: statement.name, text: statement.text, values: params as unknown as unknown[] };
  const ask = async () => (await on.query(asked)).rows as R[];
  // Outside a transaction a statement only asks, so it may be asked again.
  return 'totalCount' in on ? persist(ask) : ask();
}

function isAway(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return (
    away.has(code ?? '') ||
    /Connection terminated|is not queryable|timeout exceeded when trying to connect/.test(message ?? '')
  );
}

function mayRepeat(error: unknown): boolean {
  return (
    !(error instanceof CommitUnknown) && (repeatable.has((error as { code?: string }).code ?? '') || isAway(error))
  );
}

/** PostgreSQL keeps no NUL in a text: not from a parameter, and not from an escape in JSON. */
const unkeepable = new Set(['22021', '22P05']);

/**
 * What the database could not do because it is away becomes the catalogue's `unavailable`, and a text that it cannot
 * keep `bad-input`: no reader of input has to think of that one character. The rest stays what it is.
 */
function wrap(error: unknown): unknown {
  if (unkeepable.has((error as { code?: string }).code ?? ''))
    return kitErrors('bad-input', { field: 'text', problem: 'it holds a character that cannot be kept (NUL).' }, error);
  if (isAway(error) || error instanceof CommitUnknown) return kitErrors('unavailable', { what: 'The database' }, error);
  return error;
}
