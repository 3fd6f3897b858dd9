import { checkStatements, createPool } from '@steading/db';
import { createLog } from '@steading/kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDeployHouse } from './deploy-house.ts';

let house: Awaited<ReturnType<typeof startDeployHouse>>;
beforeAll(async () => {
  house = await startDeployHouse();
});
afterAll(() => house.close());

test('every statement fits the migrated schema', async () => {
  const pool = createPool({ url: house.database.url, max: 1, log: createLog({ level: 'silent' }) });
  try {
    expect(await checkStatements(pool, 'deploy.')).toEqual([]);
  } finally {
    await pool.end();
  }
});
