import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { enclosureOf, environmentOf } from '#src/runtime/process/build-enclosure.ts';
import { lineQueue } from '#src/runtime/process/build-lines.ts';
import {
  BuildStopped,
  failureOf,
  outOfMemory,
  stepFailed,
  tookTooLong,
  tooManyProcesses,
} from '#src/runtime/process/build-stops.ts';
import { type BuilderSettings, type BuildWork, watchLimits } from '#src/runtime/process/build-work.ts';
import type { Cgroup } from '#src/runtime/process/cgroups.ts';
import { systemPath, writeAccounts } from '#src/runtime/process/isolation.ts';
import { limitsOf, type Machine, markOf } from '#src/runtime/process/machine.ts';
import { keepRelease } from '#src/runtime/process/releases.ts';
import { killMarked, launch } from '#src/runtime/process/running.ts';
import { enclose } from '#src/runtime/process/sandbox.ts';
import { removeTree, runTool } from '#src/runtime/process/tools.ts';
import type { BuildEvent, BuildOrder, Limits } from '#src/runtime/runtime.ts';

/**
 * Builds: the steps run in the app's sandbox, as the app's user, in a copy of the source, at low priority and within
 * limits. The npm cache is the app's own: one that several apps write could be poisoned by any of them.
 * A build ends with the house (bubblewrap dies with its parent), and what is left of it is removed at the next start.
 */
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
  const timer = machine.clock.after(order.timeoutMs, () => stop.abort(tookTooLong(order.timeoutMs)));
  const work = { machine, settings, order, folder, lines, stop, limits: buildLimits(machine, settings, order) };
  const result = runBuild(work)
    .catch((error) => failureOf(error, folder))
    .finally(() => lines.end());
  try {
    for await (const some of lines) yield { kind: 'output', lines: some };
    yield await result;
  } finally {
    cancel();
    timer.cancel();
    signal.removeEventListener('abort', cancel);
    await result;
    await removeTree(folder).catch(() => {});
  }
}

async function runBuild(work: BuildWork): Promise<BuildEvent> {
  const { machine, order, folder, stop } = work;
  if (existsSync(folder)) throw new BuildStopped('step-failed', 'A build of this id runs already.');
  const uid = machine.finding.ownUsers ? machine.folders.uidOf(order.appId) : undefined;
  const app = join(folder, 'app');
  mkdirSync(join(folder, 'tmp'), { recursive: true, mode: 0o711 });
  writeAccounts(folder, uid);
  if (uid !== undefined) chownSync(join(folder, 'tmp'), uid, uid);
  await runTool(['cp', '-RP', '--', order.sourcePath, app], { timeoutMs: 300_000, signal: stop.signal });
  await removeTree(join(app, '.git'));
  if (uid !== undefined) await runTool(['chown', '-Rh', `${uid}:${uid}`, '--', app], { timeoutMs: 120_000 });
  const endTurn = work.settings.turns?.begin();
  try {
    for (const step of order.steps) await runStep(work, uid, step);
  } finally {
    endTurn?.();
  }
  stop.signal.throwIfAborted();
  return await keepRelease(work, app);
}

async function runStep(work: BuildWork, uid: number | undefined, step: BuildOrder['steps'][number]): Promise<void> {
  const { machine, order, folder, lines, stop, limits } = work;
  stop.signal.throwIfAborted();
  lines.add('steading', `${step.name}: ${step.argv.join(' ')}`);
  const cgroup = machine.cgroups?.group('build', order.buildId, limits);
  const status = machine.finding.isolation === 'bubblewrap' ? join(folder, 'status') : undefined;
  const { running, output } = await launch({
    argv: enclose(enclosureOf(work, uid, cgroup?.joinFiles ?? []), step.argv),
    ...{ cwd: folder, path: systemPath, environment: environmentOf(work) },
    ...{ stdout: 'pipe', stderr: 'pipe', endsWithHouse: true },
    ...{ mark: markOf(machine, order.buildId), clock: machine.clock, log: machine.log },
    ...(cgroup && { cgroup }),
    ...(status && { statusFile: status }),
  });
  const kill = () => void running.kill().catch((error) => machine.log.error({ err: error }, 'a build does not end'));
  stop.signal.addEventListener('abort', kill, { once: true });
  if (stop.signal.aborted) kill();
  const watching = watchLimits(work, running, cgroup);
  try {
    const [exit] = await Promise.all([
      running.exited,
      lines.take('stdout', output.stdout, stop),
      lines.take('stderr', output.stderr, stop),
    ]);
    stop.signal.throwIfAborted();
    if ((cgroup?.outOfMemoryKills() ?? 0) > 0) throw outOfMemory(limits);
    if (exit.code !== 0 && (cgroup?.refusedProcesses() ?? 0) > 0) throw tooManyProcesses(limits);
    if (exit.code !== 0 || exit.signal) throw stepFailed(step.name, exit, folder);
  } finally {
    stop.signal.removeEventListener('abort', kill);
    watching.stop();
    await running.kill();
    if (cgroup) await removeGroup(cgroup, machine);
  }
}

/** The kernel keeps a group for a moment after its last process is gone. */
async function removeGroup(cgroup: Cgroup, { clock, log }: Machine): Promise<void> {
  for (const untilMs = clock.now() + 5_000; !cgroup.remove(); await clock.sleep(20))
    if (clock.now() > untilMs) return log.warn({ pids: cgroup.pids() }, 'the control group of a build is left');
}

function buildLimits(machine: Machine, settings: BuilderSettings, order: BuildOrder): Limits {
  return limitsOf({ ...machine, defaults: settings.limits }, order.limits);
}

/** After a house that died: no process and no folder of a build stays, nor a release that was not finished. */
export async function removeHalfMade(machine: Machine): Promise<void> {
  for (const buildId of readdirSync(machine.folders.builds)) {
    await killMarked({ mark: markOf(machine, buildId), clock: machine.clock, log: machine.log });
    machine.cgroups?.group('build', buildId).remove();
    await removeTree(join(machine.folders.builds, buildId));
  }
  for (const name of readdirSync(machine.folders.releases))
    if (!existsSync(join(machine.folders.releases, name, 'release.json')))
      await removeTree(join(machine.folders.releases, name));
}
