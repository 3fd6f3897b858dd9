import { createLog, systemClock } from '@steading/kit';
import { createTestDatabase, waitFor } from '@steading/testkit';
import pg from 'pg';
import { expect, test } from 'vitest';
import { createPostgresWake } from '#src/wake/postgres-wake.ts';

test('a connection that is lost is opened again by one try at a time', async () => {
  const database = await createTestDatabase();
  const name = new URL(database.url.replace('@/', '@localhost/')).pathname.slice(1);
  const admin = new pg.Client({ connectionString: database.url.replace(`/${name}`, '/postgres') });
  await admin.connect();
  const said: string[] = [];
  const note = (_fields: unknown, text?: string) => void said.push(text ?? String(_fields));
  const log = Object.assign(createLog({ level: 'silent' }), { warn: note, debug: note });
  let woken = 0;
  const wake = createPostgresWake({ connectionString: database.url, wake: () => woken++, log, clock: systemClock });
  try {
    await wake.start();
    await admin.query(`alter database ${name} allow_connections false`);
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    const tries = () => said.filter((text) => text === 'no connection for events yet').length;
    await waitFor('three tries', () => tries() >= 3);
    expect(said.filter((text) => text.includes('was lost'))).toHaveLength(1);
    await admin.query(`alter database ${name} allow_connections true`);
    await waitFor('the connection', () => woken === 2);
  } finally {
    await wake.stop();
    await admin.end();
    await database.drop();
  }
});
