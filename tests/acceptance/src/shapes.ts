import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { houseCommand } from '@steading/house/command';
import { createNatsServer, createTestDatabase, waitFor } from '@steading/testkit';
import { startBalancer } from '#src/balancer.ts';
import type { OpenHouse } from '#src/house-under-test.ts';

/**
 * The two shapes of a house: everything in one process; or spread over four, two of them gateways behind a load
 * balancer that gives each connection to the other one than the last, with NATS and HTTP/2 between them.
 */
export type Shape = 'one process' | 'several processes';
export const shapes: readonly Shape[] = ['one process', 'several processes'];

export interface RunningGateway {
  readonly port: number;
  /** Where it speaks TLS; undefined in a house without. */
  readonly httpsPort?: number;
  readonly child: ChildProcess;
}

export interface RunningShape extends OpenHouse {
  /** The processes of the house, the gateways last. */
  readonly processes: ChildProcess[];
  /** Each gateway, past the balancer. */
  readonly gateways: RunningGateway[];
  /** Ends every process at once, as a power cut would. */
  kill(): Promise<void>;
  /** Ends them in order; apps run on where STEADING_KEEP_APPS says so. */
  end(): Promise<void>;
  /** Starts the same house again over the same data; with the code of another checkout, where one is given. */
  start(checkout?: string): Promise<void>;
  /** One more gateway of a house of several processes, with a folder of its own; the balancer does not know it. */
  addGateway(env?: Record<string, string>): Promise<RunningGateway>;
  /** Starts the process at this place of `processes` again, after it was killed; of a house of several. */
  startAgain(index: number): Promise<void>;
}

const thisCheckout = resolve(import.meta.dirname, '../../..');
const usualSplit: readonly (readonly string[])[] = [
  ['forest', 'identity', 'spaces', 'observe'],
  ['compute', 'deploy'],
  ['gateway'],
  ['gateway'],
];

export interface ShapeOptions {
  /** Whose code runs; default: this one's. */
  readonly checkout?: string;
  /** In several processes: the services of each, gateways last; default: four processes. */
  readonly split?: readonly (readonly string[])[];
}

/**
 * Starts a house as its own processes, as an operator would, on a database and a folder of its own (an empty one that
 * `STEADING_DATA` names stays the test's to remove). `DATABASE_URL: undefined` gives it an embedded PostgreSQL.
 */
export async function startShape(
  shape: Shape,
  env: Record<string, string | undefined> = {},
  { checkout = thisCheckout, split = usualSplit }: ShapeOptions = {},
): Promise<RunningShape> {
  let main = join(checkout, 'apps/house/src/main.ts');
  const database = await createTestDatabase();
  const dataDir = env.STEADING_DATA ?? mkdtempSync(join(tmpdir(), 'steading-acceptance-'));
  chmodSync(dataDir, 0o711);
  mkdirSync(join(dataDir, 'logs'));
  const isSplit = shape === 'several processes';
  const balancer = isSplit ? await startBalancer() : undefined;
  // People come to the port that the house names, and from there to a port of each gateway's own.
  const httpsPort = env.STEADING_HTTPS_PORT;
  const tlsBalancer = isSplit && httpsPort ? await startBalancer(Number(httpsPort)) : undefined;
  const [onePort = 0, natsPort = 0, ...ports] = await freePorts(2 + 3 * split.length);
  const doors = ports.slice(0, split.length);
  const fronts = ports.slice(split.length, 2 * split.length);
  const secureFronts = ports.slice(2 * split.length);
  const port = balancer?.port ?? onePort;
  const url = `http://localhost:${port}`;
  const processes: ChildProcess[] = [];
  const gateways: RunningGateway[] = [];
  const nats = isSplit ? await createNatsServer({ port: natsPort, folder: join(dataDir, 'nats') }) : undefined;
  await nats?.start();
  const shared = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '/tmp',
    // As `steading up` does it: a process that finds its modules compiled starts in half the time.
    ...(process.env.NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
    DATABASE_URL: database.url,
    STEADING_DATA: dataDir,
    STEADING_HTTP_PORT: String(port),
    STEADING_PUBLIC_URL: url,
    STEADING_BIND: '127.0.0.1',
    STEADING_ALLOW_INTERNAL_SOURCES: 'true',
    STEADING_ALLOW_INSECURE_SOURCES: 'true',
    STEADING_MAX_CONNECTIONS: '8',
    STEADING_LOG_LEVEL: 'info',
    ...env,
  };

  function launch(
    services: readonly string[] | undefined,
    door: number | undefined,
    more: Record<string, string> = {},
  ): ChildProcess {
    const log = openSync(join(dataDir, 'logs', 'house.log'), 'a');
    const peers = split
      .flatMap((names, index) => names.map((name) => `${name}=http://127.0.0.1:${doors[index]}`))
      .join(',');
    return spawn(process.execPath, houseCommand().with(-1, main), {
      stdio: ['ignore', log, log],
      env: {
        ...shared,
        ...(services && {
          STEADING_SERVICES: services.join(','),
          STEADING_PEERS: peers,
          STEADING_DOOR: `127.0.0.1:${door}`,
          STEADING_NATS_URL: `nats://127.0.0.1:${natsPort}`,
        }),
        ...more,
      },
    });
  }

  /** The first gateway shares its folder with the services, as on one machine; every other one has its own. */
  function launchPart(index: number): void {
    const names = split[index]!;
    const isGateway = names.includes('gateway');
    const own = isGateway && index !== split.findIndex((each) => each.includes('gateway'));
    const child = launch(names, doors[index], {
      ...(isGateway && { STEADING_HTTP_PORT: String(fronts[index]) }),
      ...(isGateway && tlsBalancer && { STEADING_HTTPS_PORT: String(secureFronts[index]) }),
      ...(own && { STEADING_DATA: join(dataDir, `gateway-${index}`), STEADING_KEYS: join(dataDir, 'keys') }),
    });
    processes[index] = child;
    if (!isGateway) return;
    const at = gateways.findIndex((each) => each.port === fronts[index]);
    const gateway = { port: fronts[index]!, child, ...(tlsBalancer && { httpsPort: secureFronts[index]! }) };
    gateways.splice(at < 0 ? gateways.length : at, at < 0 ? 0 : 1, gateway);
    balancer?.set([...gateways]);
    tlsBalancer?.set(gateways.map(({ port: readyPort, httpsPort: own }) => ({ port: own!, readyPort })));
  }

  async function allReady(): Promise<void> {
    const addresses = isSplit ? gateways.map((each) => each.port) : [port];
    const ready = async () => {
      for (const each of addresses) if (!(await isReady(`http://127.0.0.1:${each}`, processes, running))) return false;
      return [balancer, tlsBalancer].every((each) => !each || each.ready().length === addresses.length);
    };
    await waitFor('the house to be ready', ready, { timeoutMs: 120_000, everyMs: 50 });
  }

  const running: RunningShape = {
    url,
    port,
    dataDir,
    databaseUrl: database.url,
    root: '/',
    processes,
    gateways,
    get setupToken() {
      return new URL(readFileSync(join(dataDir, 'setup-link'), 'utf8').trim()).hash.slice(1);
    },
    pids: () =>
      processes.flatMap(({ pid, exitCode, signalCode }) => ((exitCode ?? signalCode) === null && pid ? pid : [])),
    logText: () => readFileSync(join(dataDir, 'logs', 'house.log'), 'utf8'),
    async start(of = thisCheckout) {
      main = join(of, 'apps/house/src/main.ts');
      if (!isSplit) processes.push(launch(undefined, undefined));
      else for (const index of split.keys()) launchPart(index);
      await allReady();
    },
    async startAgain(index) {
      launchPart(index);
      await allReady();
    },
    async addGateway(more = {}) {
      const [own = 0, ownDoor] = await freePorts(2);
      const child = launch(['gateway'], ownDoor, {
        STEADING_HTTP_PORT: String(own),
        ...(tlsBalancer && { STEADING_HTTPS_PORT: '0' }),
        STEADING_DATA: mkdtempSync(join(dataDir, 'gateway-')),
        STEADING_KEYS: join(dataDir, 'keys'),
        ...more,
      });
      processes.push(child);
      await waitFor('the gateway to be ready', () => isReady(`http://127.0.0.1:${own}`, [child], running), {
        timeoutMs: 120_000,
        everyMs: 50,
      });
      return { port: own, child };
    },
    async kill() {
      gateways.length = 0;
      await endAll(processes, 'SIGKILL');
    },
    async end() {
      await endAll(processes, 'SIGTERM');
    },
    async stop() {
      await endAll(processes, 'SIGTERM');
      await balancer?.stop();
      await tlsBalancer?.stop();
      await nats?.kill('SIGTERM');
      // For looking at a failure afterwards: STEADING_TEST_LOGS=<folder> ./steading test tests/acceptance
      if (process.env.STEADING_TEST_LOGS)
        copyFileSync(
          join(dataDir, 'logs', 'house.log'),
          join(process.env.STEADING_TEST_LOGS, `${basename(dataDir)}.log`),
        );
      await database.drop();
      if (!env.STEADING_DATA) rmSync(dataDir, { recursive: true, force: true });
    },
  };
  try {
    await running.start(checkout);
    await waitFor('the set-up link', () => existsSync(join(dataDir, 'setup-link')));
  } catch (error) {
    await endAll(processes, 'SIGKILL');
    await running.stop();
    throw error;
  }
  return running;
}

async function isReady(url: string, processes: readonly ChildProcess[], running: RunningShape): Promise<boolean> {
  const ended = processes.find((each) => each.exitCode !== null);
  if (ended) throw new Error(`a process of the house ended with ${ended.exitCode}:\n${running.logText().slice(-3000)}`);
  const answer = await fetch(`${url.replace('localhost', '127.0.0.1')}/readyz`);
  const { services = [] } = (await answer.json()) as { services?: readonly { ready: boolean }[] };
  return answer.ok && services.every(({ ready }) => ready);
}

async function endAll(processes: ChildProcess[], signal: NodeJS.Signals): Promise<void> {
  await Promise.all(
    processes.splice(0).map(async (each) => {
      if (each.exitCode !== null || each.signalCode !== null) return;
      const ended = new Promise((done) => each.once('exit', done));
      each.kill(signal);
      await ended;
    }),
  );
}

/** Free loopback ports, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<ReturnType<typeof createServer>>((done, fail) => {
        server.once('error', fail);
        server.listen(0, '127.0.0.1', () => done(server));
      });
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
