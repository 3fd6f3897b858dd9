import { join } from 'node:path';
import type { AppLogs } from '#src/runtime/process/app-logs.ts';
import { type Collector, collect } from '#src/runtime/process/collector.ts';
import type { Verdict } from '#src/runtime/process/health.ts';
import { enclosureOf, environmentOf, prepareFolder, statusOf } from '#src/runtime/process/instance-enclosure.ts';
import { type InstanceRecord, instanceFolder } from '#src/runtime/process/instance-record.ts';
import { systemPath } from '#src/runtime/process/isolation.ts';
import { limitsOf, type Machine, markOf } from '#src/runtime/process/machine.ts';
import type { Port } from '#src/runtime/process/ports.ts';
import { type ProcessName, usageOf } from '#src/runtime/process/proc.ts';
import { adopt, type Exit, killMarked, launch, type Running } from '#src/runtime/process/running.ts';
import { enclose } from '#src/runtime/process/sandbox.ts';
import type { Desired, Limits } from '#src/runtime/runtime.ts';

/** One run of an instance: from a start (or from being found again) until it is gone. */
export interface Unit {
  readonly port: number;
  readonly exited: Promise<Exit>;
  /** SIGTERM; false where there is nothing yet that could take it. */
  terminate(): boolean;
  kill(): Promise<void>;
  check(argv: readonly string[], timeoutMs: number): Promise<Verdict>;
  usage(): { memoryBytes: number; cpuMs: number };
  outOfMemory(): boolean;
}

/** Starts an instance of a desired state. The record's process is told by `onProcess` before anything else happens. */
export async function startUnit(
  machine: Machine,
  options: { id: string; desired: Desired; logs: AppLogs; onProcess: (port: number, process?: ProcessName) => void },
): Promise<Unit> {
  const port = await machine.ports.take();
  try {
    return options.desired.command.length === 0
      ? await startStatic(machine, options, port)
      : await startProcess(machine, options, port);
  } catch (error) {
    port.release();
    throw error;
  }
}

async function startStatic(
  machine: Machine,
  { desired, onProcess }: { desired: Desired; onProcess: (port: number) => void },
  port: Port,
): Promise<Unit> {
  const folder = join(machine.folders.releases, desired.releaseId, 'files');
  const { serveStatic } = await import('#src/runtime/process/static-site.ts');
  const server = await serveStatic({ folder, host: machine.host, port: port.number, singlePage: desired.singlePage });
  server.unref();
  onProcess(port.number);
  const exited = new Promise<Exit>((resolve) => server.once('close', () => resolve({ code: 0 })));
  void exited.then(() => port.release());
  return {
    port: port.number,
    exited,
    terminate() {
      server.close();
      return true;
    },
    async kill() {
      server.close();
      server.closeAllConnections();
      await exited;
    },
    check: async () => ({ ok: true }),
    usage: () => ({ memoryBytes: 0, cpuMs: 0 }),
    outOfMemory: () => false,
  };
}

async function startProcess(
  machine: Machine,
  options: { id: string; desired: Desired; logs: AppLogs; onProcess: (port: number, process?: ProcessName) => void },
  port: Port,
): Promise<Unit> {
  const { id, desired, logs } = options;
  const folder = instanceFolder(machine, desired.appId, id);
  const uid = machine.finding.ownUsers ? machine.folders.uidOf(desired.appId) : undefined;
  prepareFolder(folder, uid);
  const limits = limitsOf(machine, desired.limits);
  const cgroup = machine.cgroups?.group('app', id, limits);
  const environment = environmentOf(machine, desired, folder, port.number);
  const argvOf = (command: readonly string[], joinFiles: readonly string[]) =>
    enclose({ ...enclosureOf(machine, desired, folder, uid, limits), joinFiles }, command);
  const base = { path: systemPath, environment, clock: machine.clock, log: machine.log, cwd: folder };
  // Written down before it runs: a house that dies in between is followed by one that knows what to look for.
  options.onProcess(port.number);
  const { running } = await launch({
    ...base,
    argv: argvOf(desired.command, cgroup?.joinFiles ?? []),
    stdout: join(folder, 'stdout'),
    stderr: join(folder, 'stderr'),
    endsWithHouse: false,
    mark: markOf(machine, id),
    ...(cgroup && { cgroup }),
    ...statusOf(machine, folder),
  });
  options.onProcess(port.number, running.name);
  const collector = collect({ folder, instanceId: id, masked: desired.masked, logs, clock: machine.clock });
  const runCheck = (command: readonly string[], timeoutMs: number) =>
    runCommand(machine, { ...base, argv: argvOf(command, []), mark: `${markOf(machine, id)}.check`, timeoutMs });
  return unitOf(machine, { id, port, running, collector, runCheck, limits });
}

/** Takes an instance over that an earlier house started; undefined when it is gone. */
export async function adoptUnit(
  machine: Machine,
  record: InstanceRecord,
  logs: AppLogs,
  desired?: Desired,
): Promise<Unit | undefined> {
  if (!record.process) return undefined;
  const folder = instanceFolder(machine, record.appId, record.id);
  const cgroup = machine.cgroups?.group('app', record.id);
  const running = adopt(record.process, {
    mark: markOf(machine, record.id),
    ...(cgroup && { cgroup }),
    ...statusOf(machine, folder),
    clock: machine.clock,
    log: machine.log,
  });
  if (!running) return undefined;
  const port = await machine.ports.hold(record.port);
  const collector = collect({
    folder,
    instanceId: record.id,
    masked: desired?.masked ?? [],
    logs,
    clock: machine.clock,
  });
  const limits = limitsOf(machine, desired?.limits ?? machine.defaults);
  const uid = machine.finding.ownUsers ? machine.folders.uidOf(record.appId) : undefined;
  const runCheck = async (command: readonly string[], timeoutMs: number): Promise<Verdict> => {
    if (!desired) return { ok: true };
    return runCommand(machine, {
      argv: enclose(enclosureOf(machine, desired, folder, uid, limits), command),
      environment: environmentOf(machine, desired, folder, record.port),
      ...{ path: systemPath, clock: machine.clock, log: machine.log, cwd: folder, timeoutMs },
      mark: `${markOf(machine, record.id)}.check`,
    });
  };
  return unitOf(machine, { id: record.id, port, running, collector, runCheck, limits });
}

/** Kills whatever is left of an instance whose outermost process is gone or was never written down. */
export async function killRemains(machine: Machine, id: string): Promise<void> {
  const cgroup = machine.cgroups?.group('app', id);
  await killMarked({ mark: markOf(machine, id), clock: machine.clock, log: machine.log, ...(cgroup && { cgroup }) });
  cgroup?.remove();
}

function unitOf(
  machine: Machine,
  parts: {
    id: string;
    port: Port;
    running: Running;
    collector: Collector;
    runCheck: Unit['check'];
    limits: Limits;
  },
): Unit {
  const { running, port, collector, limits } = parts;
  const cgroup = machine.cgroups?.group('app', parts.id);
  let tooMuchMemory = false;
  const usage = () => cgroup?.usage() ?? usageOf(running.pids());
  const polling = cgroup ? undefined : setInterval(watchMemory, 1_000).unref();
  function watchMemory(): void {
    if (usage().memoryBytes <= limits.memoryBytes) return;
    tooMuchMemory = true;
    running.kill().catch(() => {});
  }
  const exited = running.exited.then(async (exit) => {
    clearInterval(polling);
    await collector.finish();
    tooMuchMemory ||= (cgroup?.outOfMemoryKills() ?? 0) > 0;
    cgroup?.remove();
    port.release();
    return exit;
  });
  return {
    port: port.number,
    exited,
    terminate: () => running.terminate(),
    async kill() {
      await running.kill();
      await exited;
    },
    check: parts.runCheck,
    usage,
    outOfMemory: () => tooMuchMemory,
  };
}

async function runCommand(
  machine: Machine,
  options: Omit<Parameters<typeof launch>[0], 'stdout' | 'stderr' | 'endsWithHouse'> & { timeoutMs: number },
): Promise<Verdict> {
  const { running } = await launch({ ...options, stdout: '/dev/null', stderr: '/dev/null', endsWithHouse: true });
  const timer = machine.clock.after(options.timeoutMs, () => void running.kill().catch(() => {}));
  const exit = await running.exited;
  timer.cancel();
  return exit.code === 0 && !exit.signal
    ? { ok: true }
    : { ok: false, reason: `the health command ended with ${exit.signal ?? exit.code ?? 'a time-out'}` };
}
