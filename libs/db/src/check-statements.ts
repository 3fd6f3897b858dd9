import type { ClientBase, Pool } from 'pg';
import { allStatements } from '#src/statement.ts';

type Problem = { readonly name: string; readonly problem: string };

/** Prepares every declared statement against the schema as it is; returns what PostgreSQL says of those that do not fit. */
export async function checkStatements(pool: Pool, prefix = ''): Promise<Problem[]> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    return await checkStatementsIn(client, prefix);
  } finally {
    await client.query('rollback').catch(() => {});
    client.release();
  }
}

/** The same in a transaction that is open. */
export async function checkStatementsIn(client: ClientBase, prefix: string): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [index, { name, text }] of allStatements()
    .filter((each) => each.name.startsWith(prefix))
    .entries()) {
    await client.query('savepoint checked');
    try {
      await client.query(`prepare check_${index} as ${text}`);
      await client.query(`deallocate check_${index}`);
    } catch (error) {
      problems.push({ name, problem: (error as Error).message });
      await client.query('rollback to savepoint checked');
    }
  }
  return problems;
}
