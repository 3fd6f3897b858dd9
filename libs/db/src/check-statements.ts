import type { Pool } from 'pg';
import { allStatements } from '#src/statement.ts';

/** Prepares every declared statement against the schema as it is; returns what PostgreSQL says of those that do not fit. */
export async function checkStatements(pool: Pool, prefix = ''): Promise<{ name: string; problem: string }[]> {
  const problems: { name: string; problem: string }[] = [];
  const client = await pool.connect();
  try {
    for (const [index, { name, text }] of allStatements()
      .filter((each) => each.name.startsWith(prefix))
      .entries()) {
      try {
        await client.query(`prepare check_${index} as ${text}`);
        await client.query(`deallocate check_${index}`);
      } catch (error) {
        problems.push({ name, problem: (error as Error).message });
      }
    }
  } finally {
    client.release();
  }
  return problems;
}
