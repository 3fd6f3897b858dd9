import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { join, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { newId } from '@steading/kit';
import { maskText } from '#src/masks.ts';
import { clean } from '#src/runtime/process/collector.ts';
import { writeWhole } from '#src/runtime/process/folders.ts';
import { systemPath, writeAccounts } from '#src/runtime/process/isolation.ts';
import { usageOf } from '#src/runtime/process/proc.ts';
import { type Exit, killMarked, launch, type Running } from '#src/runtime/process/running.ts';
import { enclose, placesIn, toolchainFolders } from '#src/runtime/process/sandbox.ts';
import { folderBytes, runTool } from '#src/runtime/process/tools.ts';
import { limitsOf, type Machine, markOf } from '#src/runtime/process/unit.ts';
import type { BuildEvent, BuildFailure, BuildOrder, Limits, LogLine } from '#src/runtime/runtime.ts';

/**
 * Builds: the steps run in the app's sandbox, as the app's user, in a copy of the source, at low priority and within
 * limits. The npm cache is the app's own: one that several apps write could be poisoned by any of them.
 * A build ends with the house (bubblewrap dies with its parent), and what is left of it is removed at the next start.
 */
export interface BuilderSettings {
  readonly limits: Limits;
  /** Extra certificates for builds, and the registry of packages; empty: Node's own. */
  readonly caFile: string;
  readonly npmRegistry: string;
}

class BuildStopped extends Error {
  readonly code: BuildFailure;
  constructor(code: BuildFailure, message: string) {
    super(message);
    this.code = code;
  }
}

const mostOutputBytes = 64 * 2 ** 20;
const leastFreeBytes = 64 * 2 ** 20;

export async function* build(
  machine: Machine,
  settings: BuilderSettings,
  order: BuildOrder,
  signal: AbortSignal,
): AsyncGenerator<BuildEvent> {
  const folder = join(machine.folders.builds, order.buildId);
  const lines = lineQueue(order, machine);
  const stop = new AbortController();
  const cancel = () => stop.abort(new BuildStopped('cancelled', 'The build was cancelled.'));
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const minutes = Math.round(order.timeoutMs / 60_000);
  const timer = machine.clock.after(order.timeoutMs, () =>
    stop.abort(new BuildStopped('timeout', `The build took longer than ${minutes} minutes and was stopped.`)),
  );
  const work = { machine, settings, order, folder, lines, stop, limits: buildLimits(machine, settings, order) };
  const result = runBuild(work)
    .catch((error) => failureOf(error, folder))
    .finally(() => lines.end());
  try {
    for await (const line of lines) yield { kind: 'line', line };
    yield await result;
  } finally {
    cancel();
    timer.cancel();
    signal.removeEventListener('abort', cancel);
    await result;
    await runTool(['rm', '-rf', '--', folder], { timeoutMs: 60_000 }).catch(() => {});
  }
}

interface Work {
  readonly machine: Machine;
  readonly settings: BuilderSettings;
  readonly order: BuildOrder;
  readonly folder: string;
  readonly lines: ReturnType<typeof lineQueue>;
  readonly stop: AbortController;
  readonly limits: Limits;
}

async function runBuild(work: Work): Promise<BuildEvent> {
  const { machine, order, folder, stop } = work;
  if (existsSync(folder)) throw new BuildStopped('step-failed', 'A build of this id runs already.');
  const uid = machine.finding.ownUsers ? machine.folders.uidOf(order.appId) : undefined;
  const app = join(folder, 'app');
  mkdirSync(join(folder, 'tmp'), { recursive: true, mode: 0o711 });
  writeAccounts(folder, uid);
  if (uid !== undefined) chownSync(join(folder, 'tmp'), uid, uid);
  await runTool(['cp', '-RP', '--', order.sourcePath, app], { timeoutMs: 300_000, signal: stop.signal });
  rmSync(join(app, '.git'), { recursive: true, force: true });
  if (uid !== undefined) await runTool(['chown', '-Rh', `${uid}:${uid}`, '--', app], { timeoutMs: 120_000 });
  for (const step of order.steps) await runStep(work, uid, step);
  stop.signal.throwIfAborted();
  return await keepRelease(work, app);
}

async function runStep(work: Work, uid: number | undefined, step: BuildOrder['steps'][number]): Promise<void> {
  const { machine, order, folder, lines, stop, limits } = work;
  stop.signal.throwIfAborted();
  lines.add('steading', `${step.name}: ${step.argv.join(' ')}`);
  const cgroup = machine.cgroups?.group(order.buildId, limits);
  const status = machine.finding.isolation === 'bubblewrap' ? join(folder, 'status') : undefined;
  const { running, child } = launch({
    argv: enclose(enclosureOf(work, uid, cgroup?.joinFiles ?? []), step.argv),
    ...{ cwd: folder, path: systemPath, environment: environmentOf(work), stdout: 'pipe', stderr: 'pipe' },
    ...{ mark: markOf(machine, order.buildId), clock: machine.clock, log: machine.log },
    ...(cgroup && { cgroup }),
    ...(status && { statusFile: status }),
  });
  const kill = () => void running.kill().catch((error) => machine.log.error({ err: error }, 'a build does not end'));
  stop.signal.addEventListener('abort', kill, { once: true });
  if (stop.signal.aborted) kill();
  const watching = watchLimits(work, running, cgroup !== undefined);
  try {
    const [exit] = await Promise.all([
      running.exited,
      lines.take('stdout', child.stdout!, stop),
      lines.take('stderr', child.stderr!, stop),
    ]);
    stop.signal.throwIfAborted();
    if ((cgroup?.outOfMemoryKills() ?? 0) > 0) throw outOfMemory(limits);
    if (exit.code !== 0 || exit.signal) throw stepFailed(step.name, exit, folder);
  } finally {
    stop.signal.removeEventListener('abort', kill);
    watching.stop();
    await running.kill();
    cgroup?.remove();
  }
}

function stepFailed(name: string, exit: Exit, folder: string): BuildStopped {
  if (freeBytes(folder) < leastFreeBytes) return diskFull();
  return new BuildStopped('step-failed', `The step "${name}" ended with ${exit.signal ?? `code ${exit.code}`}.`);
}

function diskFull(): BuildStopped {
  return new BuildStopped('disk-full', 'The disk of this machine is full. Make room, then deploy again.');
}

function outOfMemory({ memoryBytes }: Limits): BuildStopped {
  const megabytes = Math.round(memoryBytes / 2 ** 20);
  return new BuildStopped('out-of-memory', `The build needed more memory than its limit of ${megabytes} MB.`);
}

function tooLarge({ diskBytes }: Limits): BuildStopped {
  return new BuildStopped('too-large', `The build wrote more than its limit of ${Math.round(diskBytes / 2 ** 20)} MB.`);
}

/** Looks after what the kernel does not: disk always, memory where there is no control group. */
function watchLimits(work: Work, running: Running, grouped: boolean): { stop(): void } {
  const { folder, limits, stop } = work;
  const memory = setInterval(() => {
    if (!grouped && usageOf(running.pids()).memoryBytes > limits.memoryBytes) stop.abort(outOfMemory(limits));
    if (freeBytes(folder) < leastFreeBytes) stop.abort(diskFull());
  }, 250).unref();
  let measuring = false;
  const disk = setInterval(async () => {
    if (measuring) return;
    measuring = true;
    const bytes = await folderBytes(folder).catch(() => 0);
    if (bytes > limits.diskBytes) stop.abort(tooLarge(limits));
    measuring = false;
  }, 3_000).unref();
  return {
    stop() {
      clearInterval(memory);
      clearInterval(disk);
    },
  };
}

/** Whole or not there: everything is on the disk before the folder gets its name. */
async function keepRelease({ machine, order, folder, limits, stop }: Work, app: string): Promise<BuildEvent> {
  const output = outputFolder(app, order.outputPath);
  const bytes = await folderBytes(output);
  if (bytes > limits.diskBytes) throw tooLarge(limits);
  const releaseId = newId('rel');
  const made = join(folder, 'release');
  mkdirSync(made, { mode: 0o711 });
  renameSync(output, join(made, 'files'));
  await runTool(['sync', '-f', '--', made], { timeoutMs: 120_000 }).catch(() => {});
  writeWhole(join(made, 'release.json'), JSON.stringify({ releaseId, appId: order.appId, bytes }));
  stop.signal.throwIfAborted();
  renameSync(made, join(machine.folders.releases, releaseId));
  const parent = openSync(machine.folders.releases, 'r');
  fsyncSync(parent);
  closeSync(parent);
  return { kind: 'done', releaseId, bytes };
}

function outputFolder(app: string, outputPath: string): string {
  const wanted = join(app, outputPath);
  const missing = new BuildStopped(
    'step-failed',
    `The build made no folder "${outputPath}". Set the output folder to where the build writes.`,
  );
  if (!existsSync(wanted)) throw missing;
  const real = realpathSync(wanted);
  if (real !== realpathSync(app) && !real.startsWith(realpathSync(app) + sep)) throw missing;
  try {
    readdirSync(real);
  } catch {
    throw missing;
  }
  return real;
}

function enclosureOf(
  { machine, settings, order, folder, limits }: Work,
  uid: number | undefined,
  joinFiles: readonly string[],
) {
  const own = machine.folders.app(order.appId);
  return {
    isolation: machine.finding.isolation,
    ...(uid !== undefined && { uid }),
    folders: {
      app: join(folder, 'app'),
      appWritable: true,
      data: join(folder, 'tmp'),
      temporary: join(folder, 'tmp'),
      cache: own.cache,
      etc: folder,
    },
    toolchain: toolchainFolders(process.execPath),
    readable: settings.caFile ? [settings.caFile] : [],
    limits,
    build: true,
    joinFiles,
  };
}

/** No NODE_ENV: with `production` npm would leave out what a build needs. */
function environmentOf({ machine, settings, order, folder }: Work): Record<string, string> {
  const { isolation } = machine.finding;
  const { cache } = machine.folders.app(order.appId);
  const app = join(folder, 'app');
  const tmp = join(folder, 'tmp');
  const places = placesIn(isolation, { app, appWritable: true, data: tmp, temporary: tmp, cache, etc: folder });
  return {
    PATH: `${places.app}/node_modules/.bin:${toolchainFolders(process.execPath)[0]}:${systemPath}`,
    HOME: places.home,
    CI: 'true',
    npm_config_cache: `${places.cache}/npm`,
    pnpm_config_store_dir: `${places.cache}/pnpm`,
    ...(settings.caFile && { NODE_EXTRA_CA_CERTS: settings.caFile }),
    ...(settings.npmRegistry && { npm_config_registry: settings.npmRegistry }),
    ...order.environment,
    TMPDIR: places.temporary,
  };
}

function buildLimits(machine: Machine, settings: BuilderSettings, order: BuildOrder): Limits {
  return limitsOf({ ...machine, defaults: settings.limits }, order.limits);
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function failureOf(error: unknown, folder: string): BuildEvent {
  if (error instanceof BuildStopped) return { kind: 'failed', code: error.code, reason: error.message };
  const full = (error as { code?: string }).code === 'ENOSPC' || freeBytes(folder) < leastFreeBytes;
  if (full) return { kind: 'failed', code: 'disk-full', reason: diskFull().message };
  const reason = 'The build could not be run on this machine; the operator finds the cause in the log of the house.';
  return { kind: 'failed', code: 'step-failed', reason };
}

/** Lines on their way to a reader. A reader that is slow slows the build down; nothing is kept without limit. */
function lineQueue({ masked }: BuildOrder, { clock }: Machine) {
  const waiting: LogLine[] = [];
  let position = 0;
  let bytes = 0;
  let ended = false;
  let wake = () => {};
  let drained = () => {};

  function add(stream: LogLine['stream'], text: string): void {
    waiting.push({
      position: ++position,
      timeMs: clock.now(),
      stream,
      text: maskText(clean(text), masked),
      instanceId: '',
    });
    wake();
  }

  async function take(stream: 'stdout' | 'stderr', from: Readable, stop: AbortController): Promise<void> {
    let rest = '';
    from.setEncoding('utf8');
    try {
      for await (const chunk of from) {
        bytes += chunk.length;
        if (bytes > mostOutputBytes) {
          stop.abort(new BuildStopped('too-large', `The build printed more than ${mostOutputBytes / 2 ** 20} MB.`));
          return;
        }
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        if (rest.length > 65_536) {
          lines.push(rest);
          rest = '';
        }
        for (const line of lines) add(stream, line);
        while (waiting.length > 2_000 && !ended && !stop.signal.aborted)
          await Promise.race([new Promise<void>((resolve) => (drained = resolve)), clock.sleep(200)]);
      }
    } catch {
      /* the pipe went with the process */
    }
    if (rest) add(stream, rest);
  }

  return {
    add,
    take,
    end() {
      ended = true;
      wake();
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<LogLine> {
      for (;;) {
        yield* waiting.splice(0);
        drained();
        if (waiting.length > 0) continue;
        if (ended) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

/** After a house that died: no process and no folder of a build stays, nor a release that was not finished. */
export async function removeHalfMade(machine: Machine): Promise<void> {
  for (const buildId of readdirSync(machine.folders.builds)) {
    await killMarked({ mark: markOf(machine, buildId), clock: machine.clock, log: machine.log });
    machine.cgroups?.group(buildId).remove();
    await runTool(['rm', '-rf', '--', join(machine.folders.builds, buildId)], { timeoutMs: 120_000 });
  }
  for (const name of readdirSync(machine.folders.releases))
    if (!existsSync(join(machine.folders.releases, name, 'release.json')))
      rmSync(join(machine.folders.releases, name), { recursive: true, force: true });
}
