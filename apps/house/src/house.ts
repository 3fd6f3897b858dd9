import { mkdirSync, statfsSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isHalfRestored } from '@steading/backup';
import { findEmbeddedPostgres, refuseServerElsewhere } from '@steading/db';
import { type ConfigValues, createLog, type Log, loadConfig, systemClock } from '@steading/kit';
import { createAssertions, derivedAssertionKeys } from '@steading/rpc';
import { type House, loadServices, rehearseHouse, startHouse } from '@steading/service';
import { trustAuthorities } from '#src/authorities.ts';
import { createBackups } from '#src/backups.ts';
import { catalogue } from '#src/catalogue.ts';
import { openMasterKey } from '#src/keys.ts';
import { checkOwnPostgres, type KeptPostgres, keepPostgres } from '#src/postgres.ts';
import { exitHandedOver, ownFolder, takeFolder } from '#src/running.ts';
import { readSecretFiles } from '#src/secret-files.ts';
import { backupSettings, houseConfig, parsePeers } from '#src/settings.ts';
import { createSuccession, type HouseSuccession } from '#src/succession.ts';
import { version } from '#src/version.ts';

/**
 * Starts this process's services and keeps them until SIGTERM or SIGINT. The only place, with the command, that reads
 * the environment and signals.
 */
async function main(): Promise<void> {
  readSecretFiles(process.env);
  const config = loadConfig(houseConfig, process.env);
  const log = createLog({ level: config.STEADING_LOG_LEVEL });
  const dataDir = config.STEADING_DATA;
  const succession = createSuccession({ env: process.env, log });
  await succession.awaitTurn(() => rehearse(config, log));
  prepareFolder(dataDir);
  const authorities = trust(config);
  await refuseHalfRestored(dataDir);
  await refuseServerElsewhere(join(dataDir, 'postgres'));
  const publicUrl = config.STEADING_PUBLIC_URL ?? `http://localhost:${config.STEADING_HTTP_PORT}`;
  const giveBack = takeFolder(ownFolder(dataDir, config.STEADING_SERVICES), {
    url: publicUrl,
    localUrl: `http://127.0.0.1:${config.STEADING_HTTP_PORT}`,
    version: version(),
  });

  let postgres: KeptPostgres | undefined;
  let house: House | undefined;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  const stop = () =>
    (stopping ??= stopAll({ log, giveBack, succession, starting, house: () => house, postgres: () => postgres }));
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  process.on('SIGUSR2', () => {
    if (!house || stopping || succession.isUnderWay) return;
    succession.begin().then(
      () => stop(),
      (error) => log.error({ err: error }, 'the house could not be restarted'),
    );
  });
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise failed that nobody waited for'));

  async function start(): Promise<void> {
    const services = servicesOf(config);
    const here = { catalogue, ...(services && { run: services }) };
    const meanwhile = () => loadServices(here);
    if (config.DATABASE_URL) await Promise.all([checkOwnPostgres(config.DATABASE_URL, log), meanwhile()]);
    else postgres = await keepPostgres({ dataDir: join(dataDir, 'postgres'), log, clock: systemClock, meanwhile });
    if (stopping) return;
    const keyFolder = config.STEADING_KEYS ?? join(dataDir, 'keys');
    const givenKey = config.STEADING_MASTER_KEY_FILE;
    const key = openMasterKey(keyFolder, givenKey);
    const databaseUrl = () => config.DATABASE_URL ?? postgres?.url ?? '';
    const backups = createBackups({
      ...{ dataDir, keyFolder, key, databaseUrl, version: version(), settings: backupSettings(config) },
      log: log.child({ part: 'backup' }),
    });
    const door = config.STEADING_DOOR?.split(':');
    house = await startHouse({
      ...here,
      settings: {
        version: version(),
        publicUrl,
        appsDomain: config.STEADING_APPS_DOMAIN ?? 'localhost',
        dataDir,
        key,
        succession,
      },
      // Git and builds trust what the house was told to trust.
      env: { STEADING_BUILD_CA_FILE: authorities, STEADING_GIT_CA_FILE: authorities, ...process.env },
      databaseUrl: databaseUrl(),
      maxConnections: config.STEADING_MAX_CONNECTIONS,
      transport: config.STEADING_NATS_URL ? { kind: 'nats', url: config.STEADING_NATS_URL } : { kind: 'postgres' },
      peers: parsePeers(config.STEADING_PEERS),
      ...(door && { door: { host: door[0] ?? '127.0.0.1', port: Number(door[1]) } }),
      assertion: createAssertions({
        ...(givenKey ? { keys: derivedAssertionKeys(key, systemClock.now) } : { keyDir: keyFolder }),
        clock: systemClock,
      }),
      ...(config.STEADING_UPGRADE_BACKUP === '1' && {
        beforeMigrations: async (pending: readonly string[]) => {
          log.info({ pending }, 'saving the database before it is changed by this version');
          await backups.takeBeforeUpgrade(AbortSignal.timeout(upgradeBackupMs));
        },
      }),
      backups,
      log,
      clock: systemClock,
    });
  }

  goFirst();
  try {
    starting = start();
    await starting;
    if (stopping) return;
    log.info({ url: publicUrl }, 'the house is ready');
    giveBackWhatLoadingTook();
  } catch (error) {
    log.fatal({ err: error }, 'the house could not start');
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
    await stop();
  }
}

/** Whether this version could take over, as long as the one before still serves: afterwards it would be too late. */
async function rehearse(config: ConfigValues<typeof houseConfig>, log: Log): Promise<void> {
  trust(config);
  const databaseUrl = config.DATABASE_URL ?? (await findEmbeddedPostgres(join(config.STEADING_DATA, 'postgres')));
  if (!databaseUrl) return;
  const run = servicesOf(config);
  await rehearseHouse({ catalogue, ...(run && { run }), env: process.env, databaseUrl, log });
}

/** The file of all authorities that programs of the house trust; undefined: the machine's alone. */
function trust(config: ConfigValues<typeof houseConfig>): string | undefined {
  return trustAuthorities({ file: config.STEADING_EXTRA_CA_CERTS, folder: join(config.STEADING_DATA, 'run') });
}

function servicesOf(config: ConfigValues<typeof houseConfig>): string[] | undefined {
  return config.STEADING_SERVICES?.split(',').map((name) => name.trim());
}

async function stopAll(parts: {
  log: Log;
  giveBack: () => void;
  succession: HouseSuccession;
  starting: Promise<void> | undefined;
  house: () => House | undefined;
  postgres: () => KeptPostgres | undefined;
}): Promise<void> {
  parts.log.info('stopping');
  // Stopped while it starts, it comes up first: what has begun is then ended in order, and the database after it.
  const late = new Promise<void>((resolve) => setTimeout(resolve, startEndsMs).unref());
  await Promise.race([parts.starting?.catch(() => {}), late]);
  await parts.house()?.stop();
  await parts.postgres()?.stop();
  parts.giveBack();
  process.exit(parts.succession.isUnderWay ? exitHandedOver : (process.exitCode ?? 0));
}

/**
 * Loading leaves tens of megabytes that nobody needs, and a house at rest makes too little garbage for the engine to look
 * for it. One full collection, a few seconds after the start, gives them back.
 */
function giveBackWhatLoadingTook(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { type: 'major'; execution: 'async' }) => Promise<void>;
  setFlagsFromString('--no-expose-gc');
  setTimeout(() => void collect({ type: 'major', execution: 'async' }), afterLoadingMs).unref();
}

/**
 * Where it may (as root), the thread that answers comes before threads that only help it and before apps, and so does the
 * database that it starts. A priority that somebody else chose stays.
 */
function goFirst(): void {
  try {
    if (getPriority() === 0) setPriority(firstPriority);
  } catch {
    // Not root: it takes its turn.
  }
}

const firstPriority = -5;
const startEndsMs = 15_000;
const afterLoadingMs = 10_000;
const upgradeBackupMs = 6 * 3_600_000;

async function refuseHalfRestored(dataDir: string): Promise<void> {
  if (await isHalfRestored(dataDir))
    throw new Error(
      `A restore into ${dataDir} was cut short, so this is no house yet. Run steading restore again, as before.`,
    );
}

function prepareFolder(dataDir: string): void {
  mkdirSync(join(dataDir, 'run'), { recursive: true, mode: 0o711 });
  const disk = statfsSync(dataDir);
  const freeMb = Math.floor((disk.bavail * disk.bsize) / 1e6);
  if (freeMb < 100)
    throw new Error(
      `Only ${freeMb} MB are free on the disk of ${dataDir}. Free at least 100 MB, or choose another folder with --data.`,
    );
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
