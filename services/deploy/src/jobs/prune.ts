/** What is kept for a while only: logs, traces' samples, heard deliveries, unproven domains, uploaded archives. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from '@steading/service';
import { appsDb } from '#src/apps-db.ts';
import { deploymentsDb } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';
import { domainsDb } from '#src/domains-db.ts';
import { hooksDb } from '#src/hooks-db.ts';
import { logDb } from '#src/log-db.ts';

export const kept = { logs: 10, traceDays: 30, deliveryDays: 30, unprovenDays: 3, strayMs: 3600_000 };

export function pruneJobs(deps: () => Deps): Job[] {
  return [
    {
      name: 'deploy.prune-logs',
      cron: '17 * * * *',
      run: async () => {
        await deps().db.write((tx) => logDb.prune(tx, kept.logs));
        await deps().db.write((tx) => logDb.pruneTraces(tx, kept.traceDays));
      },
    },
    {
      name: 'deploy.prune-hooks-and-domains',
      cron: '23 3 * * *',
      run: async () => {
        await deps().db.write((tx) => hooksDb.prune(tx, kept.deliveryDays));
        await deps().db.write((tx) => domainsDb.pruneUnproven(tx, kept.unprovenDays));
      },
    },
    { name: 'deploy.prune-files', cron: '41 * * * *', run: () => pruneFiles(deps()) },
  ];
}

/** Folders and archives that nothing refers to; young ones may be about to be referred to. */
export async function pruneFiles(deps: Pick<Deps, 'db' | 'folders' | 'clock'>, strayMs = kept.strayMs): Promise<void> {
  const unfinished = new Set(await deploymentsDb.unfinishedIds(deps.db));
  const archives = new Set(await appsDb.archivesInUse(deps.db));
  await pruneFolder(deps, { folder: deps.folders.allWork, keep: unfinished, strayMs });
  await pruneFolder(deps, { folder: deps.folders.archives, keep: archives, strayMs });
  await pruneFolder(deps, { folder: deps.folders.inspections, keep: new Set(), strayMs });
}

async function pruneFolder(
  deps: Pick<Deps, 'clock'>,
  options: { folder: string; keep: ReadonlySet<string>; strayMs: number },
): Promise<void> {
  for (const name of await readdir(options.folder).catch(() => [])) {
    if (options.keep.has(name)) continue;
    const path = join(options.folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && deps.clock.now() - found.mtimeMs >= options.strayMs) await rm(path, { recursive: true, force: true });
  }
}
