import type { Row, SqlValue, Statement } from '#src/database.ts';

const known = new Map<string, Statement>();

/**
 * Declares a statement: `statement<[id: string], { name: string }>('spaces.byId', 'select name from spaces.spaces where id = $1')`.
 * A name is used once. `allStatements()` lists them, so that one test prepares each against the migrated schema.
 */
export function statement<P extends readonly SqlValue[], R extends Row = Row>(
  name: string,
  text: string,
): Statement<P, R> {
  const earlier = known.get(name);
  if (earlier && earlier.text !== text) throw new Error(`bug: two SQL statements are called ${name}`);
  const made: Statement<P, R> = { name, text };
  known.set(name, made as unknown as Statement);
  return made;
}

export function allStatements(): readonly Statement[] {
  return [...known.values()];
}
