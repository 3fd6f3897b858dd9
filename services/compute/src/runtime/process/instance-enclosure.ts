import { chownSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { systemPath, writeAccounts } from '#src/runtime/process/isolation.ts';
import type { Machine } from '#src/runtime/process/machine.ts';
import { placesIn, toolchainFolders } from '#src/runtime/process/sandbox.ts';
import type { Desired, Limits } from '#src/runtime/runtime.ts';

/** What an instance is closed in with: its folders, its user, its variables. */

export function enclosureOf(
  machine: Machine,
  desired: Desired,
  folder: string,
  uid: number | undefined,
  limits: Limits,
) {
  const { app, data } = {
    app: join(machine.folders.releases, desired.releaseId, 'files'),
    data: machine.folders.app(desired.appId).data,
  };
  return {
    isolation: machine.finding.isolation,
    ...(uid !== undefined && { uid }),
    folders: { app, appWritable: false, data, temporary: join(folder, 'tmp'), etc: folder },
    toolchain: toolchainFolders(process.execPath),
    readable: [],
    limits,
    build: false,
    joinFiles: [],
  };
}

export function environmentOf(
  machine: Machine,
  desired: Desired,
  folder: string,
  port: number,
): Record<string, string> {
  const places = placesIn(machine.finding.isolation, {
    app: join(machine.folders.releases, desired.releaseId, 'files'),
    appWritable: false,
    data: machine.folders.app(desired.appId).data,
    temporary: join(folder, 'tmp'),
    etc: folder,
  });
  return {
    NODE_ENV: 'production',
    PATH: `${places.app}/node_modules/.bin:${toolchainFolders(process.execPath)[0]}:${systemPath}`,
    HOME: places.home,
    ...desired.environment,
    TMPDIR: places.temporary,
    PORT: String(port),
    HOST: machine.host,
  };
}

export function prepareFolder(folder: string, uid: number | undefined): void {
  mkdirSync(join(folder, 'tmp'), { recursive: true, mode: 0o711 });
  writeAccounts(folder, uid);
  for (const name of ['stdout', 'stderr']) closeSync(openSync(join(folder, name), 'a', 0o600));
  if (uid !== undefined) for (const name of ['tmp', 'stdout', 'stderr']) chownSync(join(folder, name), uid, uid);
}

export function statusOf(machine: Machine, folder: string): { statusFile?: string } {
  return machine.finding.isolation === 'bubblewrap' ? { statusFile: join(folder, 'status') } : {};
}
