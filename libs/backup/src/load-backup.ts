import { applyMigrations, readMigrations, writerIn } from '@steading/db';
import type { Client } from 'pg';
import type { ReadEntry } from '#src/archive/tar.ts';
import { beginLoad, checkOpening, type DatabaseLoad } from '#src/database/load.ts';
import type { HouseParts, RestoreTold } from '#src/parts.ts';
import { type BackupSource, type ReadBackup, readBackup } from '#src/read-backup.ts';

/** Reads a back-up into an empty database, in the open transaction of `client`: the rows as they were, nothing more. */
export async function loadBackup(
  client: Client,
  told: { source: BackupSource; parts: HouseParts; file?: (entry: ReadEntry) => Promise<void> },
): Promise<ReadBackup> {
  const { source, parts, file } = told;
  let load: DatabaseLoad | undefined;
  const read = await readBackup(source, {
    opening: (opening) => checkOpening(parts, opening),
    structure: async (structure, opening) => {
      load = await beginLoad(client, { parts, opening, structure });
    },
    rows: async (key, content) => load?.rows(key, content),
    ...(file && { file }),
  });
  await load?.finish();
  return read;
}

/** Makes of the rows as they were a house of this version: migrations since then, and what must not come back alive. */
export async function bringForward(
  client: Client,
  parts: HouseParts,
  { opening, closing }: ReadBackup,
  { keepSignIns }: Pick<RestoreTold, 'keepSignIns'>,
): Promise<void> {
  for (const { schema, folder } of parts.schemas) {
    const had = opening.schemas.find((each) => each.schema === schema)?.migrations.length ?? 0;
    await applyMigrations(client, schema, (await readMigrations(folder)).slice(had));
  }
  const writer = writerIn(client);
  const told = { keepSignIns, name: opening.name, takenAt: closing.takenAt };
  for (const { restored } of parts.schemas) await restored?.(writer, told);
}
