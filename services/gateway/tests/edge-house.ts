/** The front and the edge over real sockets, with a control plane that the test plays itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bus, HouseEvent } from '@steading/bus';
import { InstancesChanged } from '@steading/contracts/compute-events';
import { RoutesChanged } from '@steading/contracts/deploy-events';
import { createLog, systemClock } from '@steading/kit';
import type { RpcClients } from '@steading/rpc';
import { createEdgeSide, type EdgeContext } from '#src/edge/edge-side.ts';
import type { Upstream } from '#src/edge/route-table.ts';
import { createFront } from '#src/front/front.ts';
import type { FrontLimits } from '#src/front/front-limits.ts';
import { plainPage, rawRefusal } from '#src/front/plain-page.ts';
import { createMetrics } from '#src/metrics.ts';
import { createCertificates } from '#src/tls/certificates.ts';
import { openOwnAuthority } from '#src/tls/own-authority.ts';
import { freePort } from './free-port.ts';

export interface EdgeHouse {
  readonly port: number;
  /** 0 without `tls`. */
  readonly tlsPort: number;
  /** Whom to trust on it. */
  readonly ca: string;
  readonly dataDir: string;
  /** What the limits of the front refused or ended. */
  readonly refused: readonly string[];
  setInstances(instances: readonly Upstream[]): void;
  setRoute(change: Partial<Record<'maxBodyBytes' | 'timeoutMs', number>> & { unavailable?: string }): Promise<void>;
  /** Stops as a house does that has all the time it wants. */
  leave(): Promise<void>;
  stop(): Promise<void>;
}

export const probeKey = Buffer.alloc(32, 7);
export const appHost = 'shop-garden.localhost';

export interface EdgeHouseOptions {
  readonly controlPlane?: boolean;
  readonly dataDir?: string;
  readonly tls?: boolean;
  readonly limits?: Partial<FrontLimits>;
}

export async function startEdgeHouse(options: EdgeHouseOptions = {}): Promise<EdgeHouse> {
  const { controlPlane = true, dataDir = mkdtempSync(join(tmpdir(), 'steading-edge-')) } = options;
  const route = { host: appHost, appId: 'app_1', maxBodyBytes: 1_000_000n, timeoutMs: 2_000n, unavailable: '' };
  const refused: string[] = [];
  let revision = 1;
  let hear: (event: HouseEvent) => void = () => {};
  const answer = async (value: unknown) => {
    if (!controlPlane) throw new Error('the control plane is away');
    return value;
  };
  const context = {
    catalogue: [{ name: 'deploy' }, { name: 'compute' }],
    rpc: {
      client: () => ({
        listRoutes: () => answer({ revision: BigInt(revision), routes: [route] }),
        listInstances: () => answer({ instances: [] }),
      }),
    } as unknown as RpcClients,
    bus: {
      broadcast: (_events: unknown, handler: (event: HouseEvent) => void) => {
        hear = handler;
        return { stop: async () => {} };
      },
    } as unknown as Bus,
    house: { dataDir, key: () => probeKey },
    clock: systemClock,
    log: createLog({ level: 'silent' }),
    signal: new AbortController().signal,
  } as unknown as EdgeContext;
  const edge = createEdgeSide(context, createMetrics());
  const houseHosts = new Set(['localhost']);
  const authority = options.tls ? await openOwnAuthority(join(dataDir, 'authority'), Date.now) : undefined;
  const tlsPort = authority ? await freePort() : 0;
  const serves = (name: string) => houseHosts.has(name) || edge.knows(name);
  const front = createFront({
    bind: '127.0.0.1',
    httpPort: 0,
    ...(authority && {
      tls: {
        port: tlsPort,
        ...(await createCertificates({ files: undefined, authority, serves, houseHost: 'localhost' })),
      },
    }),
    houseHosts,
    house: {
      request: (_incoming, outgoing) => plainPage(outgoing, 200, 'the house'),
      upgrade: (_incoming, socket) => rawRefusal(socket, 404, 'none'),
    },
    edge,
    clock: systemClock,
    refused: (reason) => refused.push(reason),
    ...(options.limits && { limits: options.limits }),
  });
  await edge.start();
  const port = await front.start();
  return {
    port,
    tlsPort,
    ca: authority?.rootPem ?? '',
    dataDir,
    refused,
    setInstances(instances) {
      const data = {
        appId: 'app_1',
        revision: ++revision,
        instances: instances.map((one) => ({ restarts: 0, ...one })),
      };
      hear({ type: InstancesChanged.type, data } as HouseEvent);
    },
    async setRoute(change) {
      if (change.maxBodyBytes !== undefined) route.maxBodyBytes = BigInt(change.maxBodyBytes);
      if (change.timeoutMs !== undefined) route.timeoutMs = BigInt(change.timeoutMs);
      if (change.unavailable !== undefined) route.unavailable = change.unavailable;
      hear({ type: RoutesChanged.type, data: { revision: ++revision } } as HouseEvent);
      await new Promise((resolve) => setImmediate(resolve));
    },
    async leave() {
      const ended = front.stop(new AbortController().signal);
      edge.closeStreams();
      await ended;
    },
    async stop() {
      edge.closeStreams();
      await front.stop(AbortSignal.timeout(200));
      await edge.stop();
      if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export interface TestApp {
  readonly server: Server;
  readonly address: string;
  stop(): Promise<void>;
}

export async function startApp(handle: RequestListener): Promise<TestApp> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    server,
    address: `127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function healthy(id: string, address: string, generation = 'dep_1'): Upstream {
  return { id, generation, state: 'healthy', address };
}

/** Sends bytes as they are; resolves with all that came back when the other side ends, or after `waitMs`. */
export function sendRaw(port: number, text: string, waitMs = 1_500): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    const timer = setTimeout(() => socket.destroy(), waitMs);
    socket.on('data', (chunk) => (heard += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(heard);
    });
  });
}
