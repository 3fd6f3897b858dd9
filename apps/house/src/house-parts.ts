import { backupMigrations, type HouseParts, type RestoreTold } from '@steading/backup';
import { busMigrations, emit, rebaseLedger } from '@steading/bus';
import { Audited } from '@steading/contracts/audit-events';
import type { Writer } from '@steading/db';
import { newRequestId, serviceCaller } from '@steading/kit';
import { limitsMigrations } from '@steading/limits';
import { schemaOf } from '@steading/service';
import { catalogue } from '#src/catalogue.ts';

/** Everything that a back-up of this version takes, and what a restore does to it. */
export function houseParts(version: string): HouseParts {
  const services = catalogue.flatMap(({ name, migrations, backup }) =>
    migrations
      ? [{ schema: schemaOf(name), folder: migrations, ...(backup?.restored && { restored: backup.restored }) }]
      : [],
  );
  return {
    version,
    schemas: [{ ...busMigrations, restored: fitEvents }, backupMigrations, limitsMigrations, ...services],
    folders: catalogue.map(({ name, backup }) => ({
      path: name,
      ...(backup?.immutable && { immutable: backup.immutable }),
      ...(backup?.leaveOut && { leaveOut: backup.leaveOut }),
    })),
  };
}

/** Restored events fit the server they are on, and the trail says that there was a restore. */
async function fitEvents(tx: Writer, { name, takenAt, keepSignIns }: RestoreTold): Promise<void> {
  await rebaseLedger(tx);
  await emit(tx, 'house', Audited, {
    key: 'platform',
    caller: serviceCaller('house', newRequestId()),
    data: {
      action: 'house.restored',
      node: 'platform',
      target: name,
      result: 'done',
      after: { takenAt, signInsKept: keepSignIns },
    },
  });
}
