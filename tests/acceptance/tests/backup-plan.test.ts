/** Back-ups that a house makes and proves by itself, when the job runner's own clock says so. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newSecretKey, readRecoveryKey } from '@steading/backup';
import { createBackups, type HouseBackups } from '@steading/house/backups';
import { catalogue } from '@steading/house/catalogue';
import { createLog } from '@steading/kit';
import { startTestHouse, type TestHouse, waitFor } from '@steading/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder } from '#src/command.ts';

let house: TestHouse;
let backups: HouseBackups;
const kept = makeFolder('kept-by-plan');

beforeAll(async () => {
  const master = randomBytes(32);
  house = await startTestHouse({
    services: catalogue,
    jobTick: { cron: 1, poll: 1 },
    backups({ dataDir, databaseUrl }) {
      const keyFolder = join(dataDir, 'keys');
      mkdirSync(keyFolder, { recursive: true, mode: 0o700 });
      writeFileSync(join(keyFolder, 'master.key'), master, { mode: 0o600 });
      writeFileSync(join(keyFolder, 'backup-recipient'), readRecoveryKey(newSecretKey()).recipient.text);
      backups = createBackups({
        ...{ dataDir, keyFolder, databaseUrl: () => databaseUrl, version: '0.0.0-test', key: () => master },
        settings: { to: kept, cron: '* * * * *', proofCron: '* * * * *', keep: 2, s3: {} as never },
        log: createLog({ level: 'warn' }),
      });
      return backups;
    },
  });
});
afterAll(async () => {
  await house?.close();
  rmSync(kept, { recursive: true, force: true });
});

test('the minute that the plan names brings a back-up, and then its proof', async () => {
  expect(await backups.runs(10)).toEqual([]);
  const done = (kind: string) => async () => {
    const [failed] = (await backups.runs(20)).filter(({ state }) => state === 'failed');
    // A proof that comes before the first back-up has nothing to prove.
    if (failed && failed.kind !== 'proof') throw new Error(String(failed.reason));
    return (await backups.runs(20)).find((run) => run.kind === kind && run.state === 'done');
  };
  const taken = await waitFor('a back-up', done('backup'), { timeoutMs: 100_000, everyMs: 250 });
  expect(readdirSync(kept)).toContain(taken.name);
  const proof = await waitFor('a proof', done('proof'), { timeoutMs: 100_000, everyMs: 250 });
  expect(proof.rows).toBeGreaterThan(0);
  expect(await backups.concern()).toBeUndefined();
}, 220_000);
