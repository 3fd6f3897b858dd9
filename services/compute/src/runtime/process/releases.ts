import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { BuildStopped, tooLarge } from '#src/runtime/process/build-stops.ts';
import type { BuildWork } from '#src/runtime/process/build-work.ts';
import { folderBytes, removeTree, runTool } from '#src/runtime/process/tools.ts';
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
  const mark = JSON.stringify({ releaseId, appId: order.appId, bytes });
  writeFileSync(join(made, 'release.json'), mark, { mode: 0o600 });
  await runTool(['sync', '-f', '--', made], { timeoutMs: 120_000 }).catch(() => {});
  await flushed(join(made, 'release.json'));
  stop.signal.throwIfAborted();
  await removeRelease(machine.folders.releases, order.appId, releaseId);
  renameSync(made, join(machine.folders.releases, releaseId));
  await flushed(machine.folders.releases);
  return { kind: 'done', releaseId, bytes };
}

async function flushed(path: string): Promise<void> {
  const opened = await open(path);
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
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
export async function removeRelease(releases: string, appId: string, releaseId: string): Promise<void> {
  if (releaseOwner(releases, releaseId) !== appId) return;
  rmSync(join(releases, releaseId, 'release.json'), { force: true });
  // Out of the way at once: another of this id may be put here while this one is removed.
  const away = join(releases, `${releaseId}.${randomBytes(6).toString('hex')}`);
  renameSync(join(releases, releaseId), away);
  await removeTree(away);
}
