/** This service over a real PostgreSQL and the real stream of events, with doubles of what it asks. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBus, type HouseEvent } from '@steading/bus';
import { Audited } from '@steading/contracts/audit-events';
import { AppSubgraphsChanged, DeploymentChanged, RoutesChanged } from '@steading/contracts/deploy-events';
import { SpacesService } from '@steading/contracts/rpc/spaces';
import { createDatabase, createPool, migrate } from '@steading/db';
import { createLoaders, createSubgraphSubscriber } from '@steading/graph';
import { type Caller, createLog, loadConfig, systemClock } from '@steading/kit';
import { createRpc, implement } from '@steading/rpc';
import type { ServiceContext } from '@steading/service';
import { callerFor, createTestDatabase, type TestDatabase, waitFor } from '@steading/testkit';
import { graphql, parse } from 'graphql';
import { deployConfig } from '#src/config.ts';
import type { Outside } from '#src/create.ts';
import { defineDeploy } from '#src/service.ts';
import { type AccessDouble, createAccessDouble } from './access-double.ts';
import { type ComputeDouble, createComputeDouble } from './compute-double.ts';

export interface DeployHouse {
  readonly ada: Caller;
  readonly access: AccessDouble;
  readonly compute: ComputeDouble;
  readonly events: HouseEvent[];
  readonly dataDir: string;
  readonly context: ServiceContext<typeof deployConfig>;
  readonly parts: Awaited<ReturnType<ReturnType<typeof defineDeploy>['create']>>;
  /** Data, or a throw with the first error's code. */
  ask<T>(query: string, variables?: Record<string, unknown>, caller?: Caller): Promise<T>;
  /** Answers of a subscription, as data; throws with an error's code. */
  follow<T>(query: string, variables?: Record<string, unknown>, caller?: Caller): AsyncGenerator<T>;
  /** The answer of a route. */
  fetch(method: string, path: string, init?: RequestInit, caller?: Caller): Promise<Response>;
  untilState(
    deploymentId: string,
    ...states: string[]
  ): Promise<{ state: string; reason: string | null; reasonCode: string | null }>;
  /** Stops without ceremony and leaves everything for `over`. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

export interface HouseOptions {
  readonly env?: Record<string, string>;
  readonly outside?: Outside;
  readonly over?: { database: TestDatabase; dataDir: string; access: AccessDouble; compute: ComputeDouble };
}

export async function startDeployHouse(options: HouseOptions = {}): Promise<DeployHouse & { database: TestDatabase }> {
  const log = createLog({ level: 'error' });
  const clock = systemClock;
  const database = options.over?.database ?? (await createTestDatabase());
  const dataDir = options.over?.dataDir ?? mkdtempSync(join(tmpdir(), 'steading-deploy-'));
  chmodSync(dataDir, 0o711);
  const access = options.over?.access ?? createAccessDouble();
  const compute = options.over?.compute ?? createComputeDouble();
  const pool = createPool({ url: database.url, max: 8, log });
  const db = createDatabase(pool, { log });
  const definition = defineDeploy({ edgeRequest: compute.edgeRequest, ...options.outside });
  await migrate(pool, { schema: 'deploy', folder: definition.migrations!, log });
  const bus = createBus({ transport: { kind: 'postgres' }, pool, db, clock, log });
  const offers = new Map([
    ['steading.compute.v1.ComputeService', ['compute']],
    ['steading.spaces.v1.SpacesService', ['spaces']],
    ['steading.deploy.v1.DeployService', ['deploy']],
  ]);
  const rpc = createRpc({ log, clock, offers });
  const events: HouseEvent[] = [];
  bus.forService('test').broadcast(
    [AppSubgraphsChanged, DeploymentChanged, RoutesChanged, Audited],
    (event) => events.push(event),
    () => {},
  );
  const stopping = new AbortController();
  const context = {
    config: loadConfig(deployConfig, {
      STEADING_ALLOW_INTERNAL_SOURCES: 'true',
      STEADING_ALLOW_INSECURE_SOURCES: 'true',
      ...options.env,
    }),
    house: {
      version: 'test',
      publicUrl: 'http://localhost:4600',
      appsDomain: 'localhost',
      dataDir,
      key: (purpose: string) => Buffer.alloc(32, purpose),
    },
    log,
    clock,
    signal: stopping.signal,
    db,
    bus: bus.forService('deploy'),
    rpc: rpc.clients,
    access,
    catalogue: [],
  } as unknown as ServiceContext<typeof deployConfig>;
  compute.appOf = async (host) =>
    (await pool.query<{ app_id: string }>('select app_id from deploy.domains where host = $1', [host])).rows[0]?.app_id;
  const parts = await definition.create(context);
  const computeParts = await compute.service.create(context as never);
  rpc.register('deploy', parts.rpc ?? []);
  rpc.register('compute', computeParts.rpc ?? []);
  const spaces = implement(SpacesService, {
    getSpaces: ({ ids }) => ({ spaces: ids.map((id) => ({ id, nameId: id.slice(4) })) }),
  });
  rpc.register('spaces', [spaces]);
  bus.listen('deploy', parts.listeners ?? []);
  await bus.start();
  await parts.start?.();
  const ada = callerFor();
  const ask = askWith(parts, ada);

  const crash = async () => {
    await parts.stop?.(AbortSignal.timeout(10_000));
    await bus.stop();
    await rpc.stop();
    await pool.end();
  };
  return {
    ada,
    access,
    compute,
    events,
    dataDir,
    database,
    context,
    parts,
    ask,
    follow: followWith(parts, ada),
    fetch: fetchWith(parts, ada),
    untilState: (id, ...states) =>
      waitFor(
        `deployment to be ${states.join(' or ')}`,
        async () => {
          const query = 'query($id: ID!) { deployment(id: $id) { state reason reasonCode } }';
          const { deployment } = await ask<{
            deployment: { state: string; reason: string | null; reasonCode: string | null };
          }>(query, { id });
          if (states.includes(deployment.state)) return deployment;
          throw new Error(`${deployment.state}: ${deployment.reason}`);
        },
        { timeoutMs: 20_000 },
      ),
    crash,
    async close() {
      await crash();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

type Parts = DeployHouse['parts'];

function askWith(parts: Parts, ada: Caller): DeployHouse['ask'] {
  return async <T>(source: string, variableValues: Record<string, unknown> = {}, caller: Caller = ada) => {
    const memory = new Map<string, unknown>();
    const get = <V>(key: string, make: () => V): V => {
      if (!memory.has(key)) memory.set(key, make());
      return memory.get(key) as V;
    };
    const contextValue = { caller, signal: AbortSignal.timeout(20_000), loaders: { get }, noteRevision: () => {} };
    const answer = await graphql({ schema: parts.graph!.schema, source, variableValues, contextValue });
    const [error] = answer.errors ?? [];
    if (error) throw Object.assign(new Error(error.message), { code: error.extensions.code });
    return answer.data as T;
  };
}

function followWith(parts: Parts, ada: Caller): DeployHouse['follow'] {
  return async function* follow<T>(source: string, variables: Record<string, unknown> = {}, caller: Caller = ada) {
    const stop = new AbortController();
    const context = { caller, signal: stop.signal, loaders: createLoaders(), noteRevision: () => {} };
    const failed = (error: { message: string; extensions?: unknown }) =>
      Object.assign(new Error(error.message), { code: (error.extensions as { code?: string } | undefined)?.code });
    const subscribe = createSubgraphSubscriber(parts.graph!.schema);
    try {
      for await (const answer of await subscribe({ document: parse(source), variables }, context)) {
        const [error] = answer.errors ?? [];
        if (error) throw error;
        yield answer.data as T;
      }
    } catch (error) {
      throw failed(error as Error);
    } finally {
      stop.abort();
    }
  };
}

function fetchWith(parts: Parts, ada: Caller): DeployHouse['fetch'] {
  return async (method, path, init = {}, caller = ada) => {
    const url = new URL(path, 'http://localhost:4600');
    const request = new Request(url, { ...init, method, ...(init.body ? { duplex: 'half' } : {}) } as RequestInit);
    for (const route of parts.http ?? []) {
      const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]!);
      const match = new RegExp(`^${route.path.replace(/:\w+/g, '([^/]+)')}$`).exec(url.pathname);
      if (route.method !== method || !match) continue;
      const params = Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1]!)]));
      try {
        return await route.handle({ request, url, params, caller, signal: request.signal });
      } catch (error) {
        const {
          code = 'internal',
          status = 500,
          message,
        } = error as { code?: string; status?: number; message: string };
        return Response.json({ error: { code, message } }, { status });
      }
    }
    return new Response(null, { status: 404 });
  };
}

/** A project and an app from this repository; gives the app's id. */
export async function makeApp(
  house: DeployHouse,
  url: string,
  more: Record<string, unknown> = {},
): Promise<{ projectId: string; appId: string }> {
  const name = `g${Math.random().toString(36).slice(2, 10)}`;
  const { createProject } = await house.ask<{ createProject: { id: string } }>(
    'mutation($name: String!) { createProject(spaceId: "spc_garden", nameId: $name, name: "Garden") { id } }',
    { name },
  );
  const source = url === '' ? { kind: 'archive' } : { kind: 'git', url, branch: 'main' };
  const input = {
    projectId: createProject.id,
    nameId: 'web',
    name: 'Web',
    source,
    runtime: { drainSeconds: 0 },
    ...more,
  };
  const { createApp } = await house.ask<{ createApp: { id: string } }>(
    'mutation($input: CreateAppInput!) { createApp(input: $input) { id } }',
    { input },
  );
  return { projectId: createProject.id, appId: createApp.id };
}

export async function deployApp(house: DeployHouse, appId: string): Promise<string> {
  const { deploy } = await house.ask<{ deploy: { id: string } }>('mutation($id: ID!) { deploy(appId: $id) { id } }', {
    id: appId,
  });
  return deploy.id;
}
