import { readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Clock, Log } from '@steading/kit';
import { type App, createApp } from '#src/runtime/process/app.ts';
import { openAppLogs } from '#src/runtime/process/app-logs.ts';
import { createBuildTurns } from '#src/runtime/process/build-turns.ts';
import { build, removeHalfMade } from '#src/runtime/process/builder.ts';
import { detectCgroups } from '#src/runtime/process/cgroups.ts';
import { openFolders } from '#src/runtime/process/folders.ts';
import { forgetInstance, type InstanceRecord, readRecord } from '#src/runtime/process/instance-record.ts';
import { detectIsolation } from '#src/runtime/process/isolation.ts';
import type { Machine } from '#src/runtime/process/machine.ts';
import { createPorts } from '#src/runtime/process/ports.ts';
import { releaseOwner, removeRelease } from '#src/runtime/process/releases.ts';
import { killRemains } from '#src/runtime/process/unit.ts';
import type { Limits, Runtime, RuntimeEvents, Usage } from '#src/runtime/runtime.ts';

export interface ProcessRuntimeOptions {
  /** Its folder; nothing else may be in it. */
  readonly folder: string;
  /** Users of apps are this number + 1 and up; only as root. */
  readonly firstUid: number;
  /** Where instances listen and are reached. */
  readonly host: string;
  readonly ports: { readonly first: number; readonly last: number };
  readonly buildCaFile: string;
  readonly buildNpmRegistry: string;
  /** What all builds together may use, and so each of them at most; 0: half the machine. */
  readonly buildCpuMillis: number;
  readonly buildMemoryBytes: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: RuntimeEvents;
}

const gigabyte = 2 ** 30;
const appLimits: Limits = { cpuMillis: 2_000, memoryBytes: gigabyte, processes: 256, diskBytes: 2 * gigabyte };

/** Runs apps as supervised processes of this machine, as well closed in as the machine allows. */
export async function createProcessRuntime(options: ProcessRuntimeOptions): Promise<Runtime> {
  const { clock, log, events } = options;
  const finding = await detectIsolation(options.folder, options.firstUid);
  const folders = openFolders(options.folder, finding.ownUsers ? options.firstUid : undefined);
  const buildLimits: Limits = {
    cpuMillis: options.buildCpuMillis || availableParallelism() * 500,
    memoryBytes: options.buildMemoryBytes || Math.round(totalmem() / 2),
    processes: 1_024,
    diskBytes: 4 * gigabyte,
  };
  const cgroups = detectCgroups({ tag: folders.tag, builds: buildLimits });
  const { host } = options;
  const ports = createPorts({ ...options.ports, host });
  const machine: Machine = { host, folders, finding, cgroups, ports, clock, log, defaults: appLimits };
  const buildSettings = {
    caFile: options.buildCaFile,
    npmRegistry: options.buildNpmRegistry,
    limits: buildLimits,
    turns: cgroups && createBuildTurns({ group: cgroups.builds, clock }),
  };
  const apps = new Map<string, App>();

  function appOf(appId: string): App {
    let app = apps.get(appId);
    if (!app) {
      const logs = openAppLogs({ folder: folders.app(appId).logs });
      app = createApp({ appId, machine, logs, found: foundOf(appId), events });
      apps.set(appId, app);
    }
    return app;
  }

  function foundOf(appId: string): InstanceRecord[] {
    const { instances } = folders.app(appId);
    const records = readdirSync(instances).map((id) => ({ id, record: readRecord(join(instances, id)) }));
    return records.flatMap(({ record }) => (record ? [record] : []));
  }

  /** An instance without a record may still have been started. */
  async function killUnknown(appId: string): Promise<void> {
    const { instances } = folders.app(appId);
    for (const id of readdirSync(instances)) {
      if (readRecord(join(instances, id))) continue;
      await killRemains(machine, id);
      await forgetInstance(machine, appId, id);
    }
  }

  const selected = (appId?: string) =>
    appId ? [apps.get(appId)].filter((app) => app !== undefined) : [...apps.values()];
  const membersOf = (appId?: string) => selected(appId).flatMap((app) => app.members());

  return {
    description: {
      name: 'process',
      isolation: finding.isolation,
      isolationText: `${finding.text} ${cgroups ? 'The kernel keeps its limits of CPU, memory and processes.' : 'Memory is watched every second; CPU is not limited, because control groups cannot be written here.'}`,
      builders: ['static', 'node'],
    },
    async start() {
      await removeHalfMade(machine);
      for (const appId of folders.appIds()) {
        await killUnknown(appId);
        appOf(appId);
      }
    },
    restore: (desired) => appOf(desired.appId).restore(desired),
    async sweep() {
      for (const [appId, app] of apps) {
        await app.sweep();
        if (!apps.has(appId)) continue;
        const known = new Set(app.members().map((member) => member.id));
        for (const id of readdirSync(folders.app(appId).instances)) {
          if (known.has(id)) continue;
          await killRemains(machine, id);
          await forgetInstance(machine, appId, id);
        }
      }
    },
    async stop({ keepApps }) {
      if (keepApps) for (const app of apps.values()) app.leave();
      else await Promise.all([...apps.values()].map((app) => app.stop('the house stops')));
      cgroups?.close();
    },
    async apply(desired) {
      appOf(desired.appId).apply(desired);
    },
    abort: async (appId, generation, reason) => apps.get(appId)?.abort(generation, reason),
    watch: (appId, generation, signal) => apps.get(appId)?.watch(generation, signal),
    instances: (appId) => membersOf(appId).map((member) => member.view()),
    async sample(appId) {
      return new Map<string, Usage>(membersOf(appId).map((member) => [member.id, member.usage()]));
    },
    build: (order, signal) => build(machine, buildSettings, order, signal),
    logs: (appId, wanted, signal) => appOf(appId).logs.read(wanted, signal),
    async removeApp(appId) {
      await apps.get(appId)?.stop('the app was removed');
      apps.delete(appId);
      for (const releaseId of readdirSync(folders.releases)) await removeRelease(folders.releases, appId, releaseId);
      await folders.forgetApp(appId);
    },
    removeRelease: (appId, releaseId) => removeRelease(folders.releases, appId, releaseId),
    releaseExists: (appId, releaseId) => releaseOwner(folders.releases, releaseId) === appId,
  };
}
