import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, createLog, type LogLevel, systemClock } from '@steading/kit';
import { createAssertions } from '@steading/rpc';
import { type House, type HouseOptions, type ServiceDefinition, startHouse } from '@steading/service';
import { createTestDatabase, type TestDatabase } from '#src/test-database.ts';

export interface TestHouseOptions {
  /** The services that run, with those that they ask. */
  readonly services: readonly ServiceDefinition[];
  /** Settings of services, as the environment would name them. */
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly logLevel?: LogLevel;
  readonly transport?: HouseOptions['transport'];
  readonly jobTick?: HouseOptions['jobTick'];
  /** Made for the house's own folder and database. */
  readonly backups?: (house: { dataDir: string; databaseUrl: string }) => NonNullable<HouseOptions['backups']>;
  /** Use this database and folder (of an earlier house that was stopped or killed) instead of new ones. */
  readonly over?: Pick<TestHouse, 'database' | 'dataDir'>;
}

export interface TestHouse extends House {
  readonly database: TestDatabase;
  readonly dataDir: string;
  /** Where the gateway listens, when it is among the services. */
  readonly url: string;
  readonly port: number;
  /** Stops it and removes its database and folder. */
  close(): Promise<void>;
}

/** A real house in this process: real PostgreSQL with a database of its own, a folder of its own, a free port. */
export async function startTestHouse(options: TestHouseOptions): Promise<TestHouse> {
  const { services, env = {}, clock = systemClock, logLevel = 'error' } = options;
  const database = options.over?.database ?? (await createTestDatabase());
  const dataDir = options.over?.dataDir ?? makeFolder();
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const house = await startHouse({
    catalogue: services,
    settings: {
      version: '0.0.0-test',
      publicUrl: url,
      appsDomain: 'localhost',
      dataDir,
      key: (purpose) => keyFor(dataDir, purpose),
    },
    env: { STEADING_HTTP_PORT: String(port), STEADING_BIND: '127.0.0.1', ...env },
    databaseUrl: database.url,
    ...(options.jobTick && { jobTick: options.jobTick }),
    ...(options.backups && { backups: options.backups({ dataDir, databaseUrl: database.url }) }),
    maxConnections: 8,
    transport: options.transport ?? { kind: 'postgres' },
    assertion: createAssertions({ keyDir: join(dataDir, 'keys'), clock }),
    log: createLog({ level: logLevel }),
    clock,
  });
  return {
    ...house,
    database,
    dataDir,
    url,
    port,
    async close() {
      await house.stop();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'steading-house-'));
  chmodSync(folder, 0o711);
  return folder;
}

/** The same for the same folder, so that a house that is started again over it can read what it wrote. */
function keyFor(dataDir: string, purpose: string): Buffer {
  const key = Buffer.alloc(32);
  Buffer.from(`${purpose}:${dataDir}`).copy(key);
  return key;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
