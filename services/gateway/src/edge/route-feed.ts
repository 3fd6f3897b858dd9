/**
 * Keeps the route table as deploy and compute tell it. Reads all at the start and after every gap, then follows events.
 * The last table is kept on disk, so that a gateway whose control plane is away serves what it last knew.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bus, Subscription } from '@steading/bus';
import { InstancesChanged } from '@steading/contracts/compute-events';
import { RoutesChanged } from '@steading/contracts/deploy-events';
import { ComputeService } from '@steading/contracts/rpc/compute';
import { DeployService } from '@steading/contracts/rpc/deploy';
import { type Clock, type Log, newRequestId, serviceCaller } from '@steading/kit';
import { as, type RpcClients } from '@steading/rpc';
import type { RouteSnapshot, RouteTable, Upstream } from '#src/edge/route-table.ts';

export interface RouteFeed {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Why the table may be old; undefined: it is current. */
  readonly problem: string | undefined;
}

export interface RouteFeedOptions {
  readonly table: RouteTable;
  readonly rpc: RpcClients;
  readonly bus: Bus;
  readonly folder: string;
  /** Which services the house has: a small one may have no apps. */
  readonly has: (service: string) => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const retryMs = 1_000;
const saveMs = 200;

export function createRouteFeed(options: RouteFeedOptions): RouteFeed {
  const { table, bus, clock, log } = options;
  const stopped = new AbortController();
  const signal = AbortSignal.any([stopped.signal, options.signal]);
  const saver = createSaver(options);
  const heard = new Set<string>();
  let problem: string | undefined = 'The routes of apps were not read yet.';
  let subscription: Subscription | undefined;
  let loading: Promise<void> | undefined;
  let again = false;

  async function loadOnce(): Promise<void> {
    heard.clear();
    await Promise.all([loadRoutes(options), loadInstances(options, heard)]);
    problem = undefined;
    saver.soon();
  }

  async function loadUntilDone(): Promise<void> {
    do {
      again = false;
      try {
        await loadOnce();
      } catch (error) {
        if (!problem) log.warn({ err: error }, 'the routes of apps cannot be read; serving the last ones known');
        problem = 'The routes of apps cannot be read; the last ones known are served.';
        again = true;
        await clock.sleep(retryMs, signal);
      }
    } while (again && !signal.aborted);
  }

  /** One at a time; what is asked for meanwhile is done once more at the end. */
  function load(): Promise<void> {
    if (loading) again = true;
    loading ??= loadUntilDone().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  return {
    async start() {
      await restore(options);
      subscription = bus.broadcast(
        [RoutesChanged, InstancesChanged],
        (event) => {
          if (event.type === RoutesChanged.type) return void load();
          const data = InstancesChanged.schema.parse(event.data);
          heard.add(data.appId);
          table.setInstances(data.appId, data.revision, data.instances.map(toUpstream));
          saver.soon();
        },
        () => void load(),
      );
      // The door opens even while the control plane is away: what was stored is served.
      await Promise.race([load(), clock.sleep(3_000, signal)]);
    },
    async stop() {
      stopped.abort();
      await subscription?.stop();
      await saver.stop();
    },
    get problem() {
      return problem;
    },
  };
}

async function loadRoutes({ rpc, table, has }: RouteFeedOptions): Promise<void> {
  if (!has('deploy')) return;
  const answer = await rpc.client(DeployService).listRoutes({}, as(serviceCaller('gateway', newRequestId())));
  table.setRoutes(
    Number(answer.revision),
    answer.routes.map((route) => ({
      host: route.host,
      appId: route.appId,
      maxBodyBytes: Number(route.maxBodyBytes),
      timeoutMs: Number(route.timeoutMs),
      unavailable: route.unavailable,
    })),
  );
}

/** What is heard of an app while the list is under way is newer than the list. */
async function loadInstances({ rpc, table, has }: RouteFeedOptions, heard: ReadonlySet<string>): Promise<void> {
  if (!has('compute')) return;
  const answer = await rpc.client(ComputeService).listInstances({}, as(serviceCaller('gateway', newRequestId())));
  const byApp = new Map<string, Upstream[]>();
  for (const { appId } of table.snapshot().apps) byApp.set(appId, []);
  for (const instance of answer.instances) {
    const list = byApp.get(instance.appId) ?? [];
    list.push(toUpstream({ ...instance, stopsMs: Number(instance.stopsMs) }));
    byApp.set(instance.appId, list);
  }
  const known = new Map(table.snapshot().apps.map(({ appId, revision }) => [appId, revision]));
  for (const [appId, instances] of byApp)
    if (!heard.has(appId)) table.setInstances(appId, known.get(appId) ?? 0, instances);
}

function toUpstream(told: {
  id: string;
  generation: string;
  state: string;
  address: string;
  stopsMs?: number | undefined;
}): Upstream {
  const { id, generation, state, address, stopsMs } = told;
  return { id, generation, state, address, ...(stopsMs ? { stopsMs } : {}) };
}

async function restore({ folder, table, log }: RouteFeedOptions): Promise<void> {
  try {
    const stored = JSON.parse(await readFile(join(folder, 'routes.json'), 'utf8')) as RouteSnapshot;
    // Revision 0, so that whatever the control plane says replaces it.
    table.setRoutes(0, stored.routes);
    for (const app of stored.apps) table.setInstances(app.appId, 0, app.instances);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ err: error }, 'the stored routes are unreadable');
  }
}

function createSaver({ folder, table, clock, log }: RouteFeedOptions): { soon(): void; stop(): Promise<void> } {
  let timer: { cancel(): void } | undefined;
  let last: Promise<void> = Promise.resolve();
  async function save(): Promise<void> {
    const file = join(folder, 'routes.json');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(`${file}.new`, JSON.stringify(table.snapshot()), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
  const run = () => {
    timer = undefined;
    last = last.then(save).catch((error) => log.warn({ err: error }, 'the routes of apps cannot be stored'));
  };
  return {
    soon: () => void (timer ??= clock.after(saveMs, run)),
    async stop() {
      timer?.cancel();
      if (timer) run();
      await last;
    },
  };
}
