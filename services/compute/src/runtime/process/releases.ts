import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join, sep } from 'node:path';
import { BuildStopped, tooLarge } from '#src/runtime/process/build-stops.ts';
import type { BuildWork } from '#src/runtime/process/build-work.ts';
import { writeWhole } from '#src/runtime/process/folders.ts';
import { folderBytes, runTool } from '#src/runtime/process/tools.ts';
import type { BuildEvent } from '#src/runtime/runtime.ts';

/** Whole or not there: everything is on the disk before the folder gets its name. */
export async function keepRelease(
  { machine, order, folder, limits, stop }: BuildWork,
  app: string,
): Promise<BuildEvent> {
  const output = outputFolder(app, order.outputPath);
  const bytes = await folderBytes(output);
  if (bytes > limits.diskBytes) throw tooLarge(limits);
  const { releaseId } = order;
  const made = join(folder, 'release');
  mkdirSync(made, { mode: 0o711 });
  renameSync(output, join(made, 'files'));
  await runTool(['sync', '-f', '--', made], { timeoutMs: 120_000 }).catch(() => {});
  writeWhole(join(made, 'release.json'), JSON.stringify({ releaseId, appId: order.appId, bytes }));
  stop.signal.throwIfAborted();
  removeRelease(machine.folders.releases, order.appId, releaseId);
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

/** The app of a whole release. */
export function releaseOwner(releases: string, releaseId: string): string | undefined {
  const file = join(releases, releaseId, 'release.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { appId: string }).appId : undefined;
}

/**
 * Nothing where the app has no such release. The mark of completeness goes first: a removal that is cut short leaves a
 * half release, which the next start removes.
 */
export function removeRelease(releases: string, appId: string, releaseId: string): void {
  if (releaseOwner(releases, releaseId) !== appId) return;
  rmSync(join(releases, releaseId, 'release.json'), { force: true });
  rmSync(join(releases, releaseId), { recursive: true, force: true });
}
