import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { houseKeys, type Identity, openTarget, restoreBackup } from '@steading/backup';
import { openMasterKey } from '@steading/house/keys';
import { version } from '@steading/house/version';
import { Failure } from '#src/failure.ts';
import { inWords, untilInterrupted } from '#src/local/backup.ts';
import { dataFolder } from '#src/local/data-folder.ts';
import { holdFolder, quiet, readBackupSettings } from '#src/local/house-backups.ts';
import { houseKeyFolder } from '#src/local/house-keys.ts';
import { askForKey, readGivenKey } from '#src/local/recovery-key.ts';
import type { Output } from '#src/output.ts';

export interface RestoreCommandOptions {
  readonly data?: string;
  readonly from?: string;
  readonly recoveryKeyFile?: string;
  readonly keepSignIns?: boolean;
  readonly databaseOnly?: boolean;
}

/** `steading restore <back-up>`: into an empty folder and an empty database, or not at all. */
export async function restore(name: string, options: RestoreCommandOptions, out: Output): Promise<void> {
  await inWords(async () => {
    const dataDir = dataFolder(options.data);
    const { target, file } = placeOf(name, options.from);
    const identities = await keysFor(options, dataDir);
    const isNew = !existsSync(dataDir);
    mkdirSync(dataDir, { recursive: true, mode: 0o711 });
    const giveBack = await holdFolder(dataDir, 'steading restore');
    const signal = untilInterrupted();
    try {
      const { houseParts } = await import('@steading/house/house-parts');
      const restored = await restoreBackup({
        source: { bytes: () => target.read(file, signal), identities },
        parts: houseParts(version()),
        ...{ dataDir, log: quiet(), place: target.text, tell: out.progress },
        ignore: ['house.json', `house.json.${process.pid}`, 'lost+found'],
        ...(process.env.DATABASE_URL && { url: process.env.DATABASE_URL }),
        keepSignIns: options.keepSignIns === true,
        databaseOnly: options.databaseOnly === true,
      });
      out.settle();
      out.line(`Restored into ${dataDir}: ${restored.rows} rows and ${restored.files} files of ${restored.takenAt}.`);
      if (!options.keepSignIns) out.line('Everybody signs in again, and makes their tokens anew.');
      out.line(`What was granted or taken away after ${restored.takenAt} is as it was then: look it through.`);
      // In a container its image starts it.
      out.line(
        process.env.STEADING_ROOT ? 'Start the house on this volume.' : `Start it: steading up --data ${dataDir}`,
      );
      out.data({ dataDir, ...restored });
    } finally {
      giveBack();
      if (isNew) removeIfEmpty(dataDir);
    }
  });
}

/** A path names a file; else a name in `--from`, or where back-ups go. */
function placeOf(name: string, from: string | undefined) {
  if (name.includes('/')) return { target: openTarget({ to: dirname(resolve(name)) }), file: basename(name) };
  const settings = readBackupSettings(from && !from.startsWith('s3://') ? resolve(from) : from);
  if (!settings.to)
    throw new Failure('Say where the back-up lies: its path, or --from <folder or s3://bucket/prefix>.', 'usage');
  return { target: openTarget({ to: settings.to, s3: settings.s3 }), file: name };
}

/** Where the house's own keys are still here (behind an upgrade), they open it too. */
async function keysFor(options: RestoreCommandOptions, dataDir: string): Promise<Identity[]> {
  const given = await readGivenKey(options.recoveryKeyFile);
  const folder = houseKeyFolder(dataDir);
  const own = existsSync(join(folder, 'master.key')) ? [houseKeys(openMasterKey(folder)('backup')).identity] : [];
  if (given) return [given, ...own];
  return own.length > 0 ? own : [await askForKey()];
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It has a house now.
  }
}
