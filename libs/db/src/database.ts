export type SqlValue =
  | string
  | number
  | bigint
  | boolean
  | Date
  | Buffer
  | null
  | readonly SqlValue[]
  | Readonly<Record<string, unknown>>;
export type Row = Record<string, unknown>;

/** One SQL text with a name, prepared once per connection. Made at module level, in a `*-db.ts` file. */
export interface Statement<P extends readonly SqlValue[] = readonly SqlValue[], R extends Row = Row> {
  readonly name: string;
  readonly text: string;
  readonly types?: { readonly params: P; readonly row: R };
}

/** Asks. Every method runs one prepared statement; its deadline is the pool's statement timeout (default 10 s). */
export interface Reader {
  /** All rows. */
  all<P extends readonly SqlValue[], R extends Row>(statement: Statement<P, R>, ...params: P): Promise<R[]>;
  /** The first row, or undefined where there is none. */
  first<P extends readonly SqlValue[], R extends Row>(statement: Statement<P, R>, ...params: P): Promise<R | undefined>;
}

/** Changes, and asks inside the same transaction. There is no writer without a transaction. */
export interface Writer extends Reader {
  /** How many rows were changed. */
  run<P extends readonly SqlValue[], R extends Row>(statement: Statement<P, R>, ...params: P): Promise<number>;
  /** Called after the transaction is committed, never after a rollback. For waking things up; must not throw. */
  afterCommit(call: () => void): void;
}

/** A service's view of its database: one pool per process stands behind all of them. */
export interface Database extends Reader {
  /**
   * Runs `work` in one transaction and commits; a throw rolls back. Serialization failures and deadlocks are
   * retried (at most 5 times, with growing delay), so `work` must do nothing but talk to this writer.
   */
  write<T>(work: (tx: Writer) => Promise<T>): Promise<T>;
}
