/** An uploaded archive becomes a deployment; one that is refused leaves nothing behind. */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { type Caller, kitErrors, newId } from '@steading/kit';
import { orderDeployment } from '#src/actions/deploy.ts';
import { findApp } from '#src/actions/find.ts';
import { appsDb } from '#src/apps-db.ts';
import { ArchiveProblem } from '#src/archive/archive-limits.ts';
import { unpackArchive } from '#src/archive/unpack.ts';
import type { DeploymentRow } from '#src/deployments-db.ts';
import type { Deps } from '#src/deps.ts';
import { isDiskFull } from '#src/disk-full.ts';
import { fail } from '#src/errors.ts';

const uploadMs = 15 * 60_000;

export async function uploadArchive(
  deps: Deps,
  caller: Caller,
  input: { appId: string; body: ReadableStream<Uint8Array> | null; signal: AbortSignal },
): Promise<DeploymentRow> {
  const app = await findApp(deps, caller, 'app.deploy', input.appId);
  if (app.source.kind !== 'archive') throw fail('deploy.not-an-archive-app');
  if (!input.body) throw fail('deploy.bad-archive', { problem: 'it is empty.' });
  const archiveId = newId('arc');
  const half = `${deps.folders.archive(archiveId)}.half`;
  const signal = AbortSignal.any([input.signal, AbortSignal.timeout(uploadMs)]);
  try {
    await receive(deps, { body: input.body, file: half, signal });
    await tryUnpacking(deps, { file: half, archiveId, signal });
    await rename(half, deps.folders.archive(archiveId));
  } catch (error) {
    throw isDiskFull(error) ? fail('deploy.disk-full', {}, error) : error;
  } finally {
    await rm(half, { force: true });
  }
  const order = { trigger: caller.token ? ('cli' as const) : ('archive' as const), archiveId };
  try {
    return await orderDeployment(
      deps,
      caller,
      app.id,
      order,
      async (tx) => void (await appsDb.setArchive(tx, app.id, archiveId)),
    );
  } catch (error) {
    await rm(deps.folders.archive(archiveId), { force: true });
    throw error;
  }
}

async function receive(
  deps: Deps,
  input: { body: ReadableStream<Uint8Array>; file: string; signal: AbortSignal },
): Promise<void> {
  await mkdir(deps.folders.archives, { recursive: true, mode: 0o700 });
  const megabytes = deps.config.STEADING_ARCHIVE_MAX_MB;
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > megabytes * 1024 * 1024) done(kitErrors('too-large', { limit: `${megabytes} MB` }));
      else done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(input.body), counter, createWriteStream(input.file, { mode: 0o600 }), {
    signal: input.signal,
  });
}

/** Unpacked once now, so that whoever uploads is told at once; and again when its turn comes. */
async function tryUnpacking(
  deps: Deps,
  input: { file: string; archiveId: string; signal: AbortSignal },
): Promise<void> {
  const target = join(deps.folders.inspections, input.archiveId);
  try {
    await unpackArchive({ file: input.file, target, signal: input.signal });
  } catch (error) {
    if (!(error instanceof ArchiveProblem)) throw error;
    throw fail(error.tooLarge ? 'deploy.archive-too-large' : 'deploy.bad-archive', { problem: error.message });
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}
