import { join } from 'node:path';
import type { BuildWork } from '#src/runtime/process/build-work.ts';
import { systemPath } from '#src/runtime/process/isolation.ts';
import { placesIn, toolchainFolders } from '#src/runtime/process/sandbox.ts';

export function enclosureOf(
  { machine, settings, order, folder, limits }: BuildWork,
  uid: number | undefined,
  joinFiles: readonly string[],
) {
  const own = machine.folders.app(order.appId);
  return {
    isolation: machine.finding.isolation,
    ...(uid !== undefined && { uid }),
    folders: {
      app: join(folder, 'app'),
      appWritable: true,
      data: join(folder, 'tmp'),
      temporary: join(folder, 'tmp'),
      cache: own.cache,
      etc: folder,
    },
    toolchain: toolchainFolders(process.execPath),
    readable: settings.caFile ? [settings.caFile] : [],
    limits,
    build: true,
    joinFiles,
  };
}

/** No NODE_ENV: with `production` npm would leave out what a build needs. */
export function environmentOf({ machine, settings, order, folder }: BuildWork): Record<string, string> {
  const { isolation } = machine.finding;
  const { cache } = machine.folders.app(order.appId);
  const app = join(folder, 'app');
  const tmp = join(folder, 'tmp');
  const places = placesIn(isolation, { app, appWritable: true, data: tmp, temporary: tmp, cache, etc: folder });
  return {
    PATH: `${places.app}/node_modules/.bin:${toolchainFolders(process.execPath)[0]}:${systemPath}`,
    HOME: places.home,
    CI: 'true',
    npm_config_cache: `${places.cache}/npm`,
    pnpm_config_store_dir: `${places.cache}/pnpm`,
    ...(settings.caFile && { NODE_EXTRA_CA_CERTS: settings.caFile }),
    ...(settings.npmRegistry && { npm_config_registry: settings.npmRegistry }),
    ...order.environment,
    TMPDIR: places.temporary,
  };
}
