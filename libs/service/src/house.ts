import { createAccess } from '@steading/access';
import { type Backups, backupMigrations } from '@steading/backup';
import { busMigrations, createBus, type HouseBus } from '@steading/bus';
import { SubgraphChanged } from '@steading/contracts/house-events';
import {
  createDatabase,
  createPool,
  type Database,
  migrateAll,
  rehearseMigrations,
  type SchemaMigrations,
} from '@steading/db';
import {
  type Clock,
  createLifecycle,
  type Lifecycle,
  type Log,
  loadConfig,
  newRequestId,
  serviceCaller,
} from '@steading/kit';
import { createLimits, limitsMigrations } from '@steading/limits';
import { type Assertion, createInternalDoor, createRpc } from '@steading/rpc';
import { createDoors, createInsideHandler, type RemoteFetch } from '#src/doors.ts';
import { createJobRunner, type JobTick } from '#src/jobs.ts';
import type { HouseSettings, ServiceContext, ServiceDefinition, ServiceHealth, ServiceParts } from '#src/service.ts';

export interface HouseOptions {
  /** Every service of the house, in the order in which they start. */
  readonly catalogue: readonly ServiceDefinition[];
  /** Names of those that run in this process; default: all. */
  readonly run?: readonly string[];
  readonly settings: HouseSettings;
  /** Where settings of services are read from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly databaseUrl: string;
  /** Connections of this process; default 12. */
  readonly maxConnections?: number;
  readonly transport: { readonly kind: 'postgres' } | { readonly kind: 'nats'; readonly url: string };
  /** Where the services of other processes are: `identity → http://10.0.0.2:4700`. */
  readonly peers?: Readonly<Record<string, string>>;
  /** The address on which other processes of the house reach this one; absent: there are none. */
  readonly door?: { readonly host: string; readonly port: number };
  readonly assertion: Assertion;
  /** Called before a database that is in use is changed by migrations; what it throws leaves it as it is. */
  readonly beforeMigrations?: (pending: readonly string[]) => Promise<void>;
  readonly backups?: Backups;
  /** Default: seldom, so that an idle house rests. */
  readonly jobTick?: JobTick;
  readonly log: Log;
  readonly clock: Clock;
}

export interface House {
  readonly settings: HouseSettings;
  /** What the service with this name was given, for tests and commands. */
  context(service: string): ServiceContext;
  parts(service: string): ServiceParts;
  health(): Promise<readonly ServiceHealth[]>;
  /** The internal door's address, where there is one. */
  readonly doorUrl: string | undefined;
  stop(): Promise<void>;
}

/**
 * Starts services in one process and connects them: to each other in memory, to those of other processes by RPC, to
 * the database and the stream of events. Fails as a whole: whatever had started is stopped again.
 */
export async function startHouse(options: HouseOptions): Promise<House> {
  const { log, clock } = options;
  const life = createLifecycle({ log, clock });
  try {
    return await assemble(options, life);
  } catch (error) {
    await life.stop();
    throw error;
  }
}

/** Loads the code of the services that will run here (default: all), one after the other so that others get a turn. */
export async function loadServices({ catalogue, run }: Pick<HouseOptions, 'catalogue' | 'run'>): Promise<void> {
  for (const { name, load } of catalogue) if (run?.includes(name) ?? true) await load?.();
}

/**
 * Whether a house of these options would find its settings and could bring the database forward, while another one works
 * on it. Changes nothing.
 * @throws what would keep it from starting.
 */
export async function rehearseHouse(
  options: Pick<HouseOptions, 'catalogue' | 'run' | 'env' | 'databaseUrl' | 'log'>,
): Promise<void> {
  const { catalogue, run, env, databaseUrl, log } = options;
  const running = catalogue.filter(({ name }) => run?.includes(name) ?? true);
  for (const { config } of running) loadConfig(config ?? {}, env);
  const pool = createPool({ url: databaseUrl, max: 1, log });
  try {
    const found = await rehearseMigrations(pool, schemasOf(running));
    if (found === 'too-busy') log.warn('the database is too busy to see whether its migrations would go through');
  } finally {
    await pool.end();
  }
}

async function assemble(options: HouseOptions, life: Lifecycle): Promise<House> {
  const { catalogue, settings, env, log, clock, assertion } = options;
  const wanted = new Set(options.run ?? catalogue.map((definition) => definition.name));
  const running = catalogue.filter((definition) => wanted.has(definition.name));
  const isSplit = running.length < catalogue.length;
  const local = new Map<string, ServiceParts>();
  const contexts = new Map<string, ServiceContext>();

  const pool = createPool({ url: options.databaseUrl, max: options.maxConnections ?? 12, log });
  life.add({ name: 'database', stop: () => pool.end() });
  const db = createDatabase(pool, { log });
  const { beforeMigrations: before } = options;
  await migrateAll(pool, schemasOf(running), { log, ...(before && { before }) });

  const bus = createBus({ transport: options.transport, pool, db, clock, log: log.child({ part: 'bus' }) });
  life.add({ name: 'bus', stop: () => bus.stop() });
  const peers = new Map(Object.entries(options.peers ?? {}));
  const rpc = createRpc({ log, clock, peers, offers: offersOf(catalogue), assertion });
  life.add({ name: 'rpc', stop: () => rpc.stop() });
  const kinds = catalogue.flatMap((definition) => definition.kinds ?? []);
  const access = createAccess({
    rpc: rpc.clients,
    bus: bus.forService('access'),
    kinds,
    clock,
    othersWrite: isSplit,
    log: log.child({ part: 'access' }),
  });
  life.add({ name: 'access', stop: () => access.stop() });
  const remote: RemoteFetch = (service, request, caller) =>
    rpc.fetch(peers.get(service) ?? `http://${service}:4700`, request, caller);
  const inside = { catalogue, local, remote, stopping: life.signal, log };
  const doors = createDoors(inside);
  const limits = createLimits({ db, clock, log: log.child({ part: 'limits' }), shared: isSplit });
  life.add({ name: 'limits', stop: () => limits.stop() });

  for (const definition of running) {
    const context: ServiceContext = {
      config: loadConfig(definition.config ?? {}, env),
      house: settings,
      log: log.child({ service: definition.name }),
      clock,
      signal: life.signal,
      db,
      bus: bus.forService(definition.name),
      rpc: rpc.clients,
      access,
      catalogue,
      doors,
      limits,
      deadLetters: bus.deadLetters,
      lag: () => bus.lag(),
      pruneEvents: (days) => bus.prune(days),
      backups: options.backups,
      appAssertion: assertion,
    };
    const parts = await definition.create(context);
    contexts.set(definition.name, context);
    local.set(definition.name, parts);
    rpc.register(definition.name, parts.rpc ?? []);
  }

  const door =
    options.door &&
    (await createInternalDoor({
      rpc,
      ...options.door,
      verify: (text) => assertion.verify(text),
      http: createInsideHandler(inside),
      log,
    }));
  if (door) life.add({ name: 'internal door', stop: (signal) => door.stop(signal) });
  await startParts(running, local, { bus, access, life });
  if (isSplit) await announceSubgraphs(running, { db, bus, log });
  const jobs = createJobRunner({ pool, log: log.child({ part: 'jobs' }), clock, tick: options.jobTick });
  await jobs.start(new Map(running.map(({ name }) => [name, local.get(name)?.jobs ?? []])));
  life.add({ name: 'jobs', stop: (signal) => jobs.stop(signal) });

  return {
    settings,
    context: (service) => found(contexts.get(service), service),
    parts: (service) => found(local.get(service), service),
    health: () => doors.health(),
    doorUrl: door?.url,
    stop: () => life.stop(),
  };
}

/** Starts the replica, the listeners, then each service in order; remembers to stop them in the opposite order. */
async function startParts(
  running: readonly ServiceDefinition[],
  local: ReadonlyMap<string, ServiceParts>,
  house: { bus: HouseBus; access: ReturnType<typeof createAccess>; life: Lifecycle },
): Promise<void> {
  const { bus, access, life } = house;
  for (const { name } of running) bus.listen(name, local.get(name)?.listeners ?? []);
  await bus.start();
  await access.start(life.signal);
  for (const { name } of running) {
    const parts = local.get(name);
    if (parts?.stop) life.add({ name, stop: (signal) => parts.stop?.(signal) });
    await parts?.start?.();
  }
}

/** Gateways of other processes ask at once for the part of who has come up, instead of within half a minute. */
async function announceSubgraphs(
  running: readonly ServiceDefinition[],
  { db, bus, log }: { db: Database; bus: HouseBus; log: Log },
): Promise<void> {
  try {
    for (const { name, graph } of running) {
      if (!graph) continue;
      const told = { key: name, caller: serviceCaller(name, newRequestId()), data: { service: name } };
      await db.write((tx) => bus.forService(name).emit(tx, SubgraphChanged, told));
    }
  } catch (error) {
    log.warn({ err: error }, 'gateways could not be told of these services; they will find out');
  }
}

/** Every schema that some services and the house itself keep. */
export function schemasOf(services: readonly ServiceDefinition[]): SchemaMigrations[] {
  const own = services.flatMap(({ name, migrations }) =>
    migrations ? [{ schema: schemaOf(name), folder: migrations }] : [],
  );
  return [busMigrations, backupMigrations, limitsMigrations, ...own];
}

/** The name of a service's schema. */
export function schemaOf(service: string): string {
  return service.replaceAll('-', '_');
}

/** Which services offer a contract, by its type name. */
function offersOf(catalogue: readonly ServiceDefinition[]): Map<string, string[]> {
  const offers = new Map<string, string[]>();
  for (const { name, rpc = [] } of catalogue) {
    for (const contract of rpc) offers.set(contract.typeName, [...(offers.get(contract.typeName) ?? []), name]);
  }
  return offers;
}

function found<T>(value: T | undefined, service: string): T {
  if (value === undefined) throw new Error(`bug: ${service} does not run in this process`);
  return value;
}
