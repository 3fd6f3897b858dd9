import { catalogue } from '@steading/house/catalogue';
import { Failure } from '#src/failure.ts';
import { buildIfStale, bundleHouseIfStale } from '#src/local/builds.ts';
import { dataFolder, prepareDataFolder } from '#src/local/data-folder.ts';
import { runAttached, workspaceRoot } from '#src/local/house-process.ts';

export interface ServeOptions {
  readonly data?: string;
  readonly door?: string;
  readonly peers?: string;
  readonly nats?: string;
}

/** `steading serve <service…>`: some services in this process, in the foreground. */
export async function serve(services: readonly string[], options: ServeOptions): Promise<void> {
  const known = catalogue.map((definition) => definition.name);
  const unknown = services.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Failure(`There is no service ${unknown.join(', ')}. The services are: ${known.join(', ')}.`, 'usage');
  if (!process.env.DATABASE_URL)
    throw new Failure(
      'A house of several processes needs one PostgreSQL that all of them reach. Set DATABASE_URL.',
      'usage',
    );
  const dataDir = dataFolder(options.data);
  prepareDataFolder(dataDir);
  const build = services.includes('gateway') ? buildIfStale : bundleHouseIfStale;
  await build(workspaceRoot, (text) => process.stderr.write(`${text}\n`));
  process.exitCode = await runAttached({
    STEADING_DATA: dataDir,
    STEADING_SERVICES: services.join(','),
    ...(options.door && { STEADING_DOOR: options.door }),
    ...(options.peers && { STEADING_PEERS: options.peers }),
    ...(options.nats && { STEADING_NATS_URL: options.nats }),
  });
}
