import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findEmbeddedPostgres, refuseServerElsewhere, startEmbeddedPostgres } from '@steading/db';
import { createBackups, type HouseBackups } from '@steading/house/backups';
import { openMasterKey } from '@steading/house/keys';
import { findParts, takeFolder } from '@steading/house/running';
import { backupSettings, houseConfig } from '@steading/house/settings';
import { version } from '@steading/house/version';
import { createLog, loadConfig } from '@steading/kit';
import { Failure } from '#src/failure.ts';
import { houseKeyFolder } from '#src/local/house-keys.ts';

/** The back-ups of the house in a folder, whether or not it runs: its PostgreSQL is started for the time where it does not. */
export async function withBackups<T>(
  options: { dataDir: string; to?: string | undefined },
  work: (backups: HouseBackups) => Promise<T>,
): Promise<T> {
  const { dataDir, to } = options;
  const keyFolder = houseKeyFolder(dataDir);
  if (!existsSync(join(keyFolder, 'master.key')))
    throw new Failure(
      `There is no house in ${dataDir} (no ${join(keyFolder, 'master.key')}). Name its folder with --data.`,
    );
  const database = await reachDatabase(dataDir);
  try {
    return await work(
      createBackups({
        ...{ dataDir, keyFolder, key: openMasterKey(keyFolder), version: version(), log: quiet() },
        databaseUrl: () => database.url,
        settings: readBackupSettings(to),
      }),
    );
  } finally {
    await database.close();
  }
}

export function readBackupSettings(to: string | undefined) {
  return backupSettings(
    loadConfig(houseConfig, { STEADING_DATA: '/', ...process.env, ...(to && { STEADING_BACKUP_TO: to }) }),
  );
}

export function quiet() {
  return createLog({ level: 'silent' });
}

/** Takes the folder for a command that works without a house. Returns how to give it back. */
export async function holdFolder(dataDir: string, command: string): Promise<() => void> {
  try {
    await refuseServerElsewhere(join(dataDir, 'postgres'));
    return takeFolder(dataDir, { url: command, localUrl: '', version: version() });
  } catch (error) {
    throw new Failure((error as Error).message);
  }
}

async function reachDatabase(dataDir: string): Promise<{ url: string; close(): Promise<void> }> {
  const url = process.env.DATABASE_URL ?? (await findEmbeddedPostgres(join(dataDir, 'postgres')));
  if (url) return { url, close: async () => {} };
  if (findParts(dataDir).length > 0)
    throw new Failure('The house runs, but its PostgreSQL cannot be reached. See: steading status');
  const giveBack = await holdFolder(dataDir, 'steading backup');
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), log: quiet() });
    return {
      url: postgres.url,
      async close() {
        await postgres.stop();
        giveBack();
      },
    };
  } catch (error) {
    giveBack();
    throw error;
  }
}
