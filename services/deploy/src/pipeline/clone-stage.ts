/** cloning: the variables are resolved, and the source comes into the work folder. */
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appsDb } from '#src/apps-db.ts';
import { ArchiveProblem } from '#src/archive/archive-limits.ts';
import { unpackArchive } from '#src/archive/unpack.ts';
import { advance } from '#src/pipeline/advance.ts';
import { takeSnapshot } from '#src/pipeline/snapshot.ts';
import { StageFailure, sealSnapshot, type Work } from '#src/pipeline/work.ts';
import type { Credentials } from '#src/source/git-access.ts';
import { type Fetched, fetchCommit, stripGit } from '#src/source/git-fetch.ts';
import { findEscape } from '#src/source/source-tree.ts';
import { parseSourceUrl } from '#src/source/source-url.ts';
import { fetchSubmodules } from '#src/source/submodules.ts';

export async function cloneStage(work: Work): Promise<void> {
  const snapshot = await takeSnapshot(work.deps, work.app);
  work.hide(snapshot.masked);
  const fetched = await ensureSource(work);
  await advance(work, 'building', {
    known: {
      snapshot: sealSnapshot(work.deps, work.deployment.id, snapshot),
      ...(fetched ? fetchedParts(fetched) : {}),
    },
    also: async (tx) => {
      if (fetched?.knownHosts) await appsDb.setKnownHosts(tx, work.app.id, fetched.knownHosts);
    },
  });
}

/** The source is in the work folder: as it was left there whole, or fetched now. */
export async function ensureSource(work: Work): Promise<Fetched | undefined> {
  const folder = work.deps.folders.work(work.deployment.id);
  const mark = join(folder, 'complete');
  if (await stat(mark).catch(() => undefined)) return undefined;
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  const fetched = work.deployment.archive_id ? await fromArchive(work, folder) : await fromGit(work, folder);
  await rm(join(folder, 'keys'), { recursive: true, force: true });
  await writeFile(mark, '');
  return fetched;
}

function fetchedParts(fetched: Fetched): { commit: string; message: string; author: string } {
  return { commit: fetched.commit, message: fetched.message, author: fetched.author };
}

async function fromArchive(work: Work, folder: string): Promise<undefined> {
  work.log.write('cloning', 'steading', 'Unpacking the uploaded archive.');
  const file = work.deps.folders.archive(work.deployment.archive_id!);
  if (!(await stat(file).catch(() => undefined)))
    throw new StageFailure(
      'archive-gone',
      'The uploaded archive is no longer here. Upload it again with steading deploy.',
    );
  try {
    await unpackArchive({ file, target: join(folder, 'source'), signal: work.signal });
  } catch (error) {
    if (error instanceof ArchiveProblem)
      throw new StageFailure('bad-archive', `The archive is refused: ${error.message}`);
    throw error;
  }
}

async function fromGit(work: Work, folder: string): Promise<Fetched> {
  const { deps, app, deployment } = work;
  const source = parseSourceUrl(app.source.url, { http: deps.config.STEADING_ALLOW_INSECURE_SOURCES });
  if ('problem' in source)
    throw new StageFailure('bad-source-url', `Check the address of the repository: ${source.problem}`);
  const wanted = deployment.commit_id
    ? `commit ${deployment.commit_id.slice(0, 12)}`
    : deployment.branch || 'the default branch';
  work.log.write('cloning', 'steading', `Fetching ${wanted} from ${source.url}.`);
  const credentials = openCredentials(work);
  if (credentials.token) work.hide([credentials.token.reveal()]);
  const seconds = deps.config.STEADING_SOURCE_TIMEOUT_SECONDS;
  const late = AbortSignal.timeout(seconds * 1000);
  const options = {
    settings: deps.git,
    source,
    branch: deployment.branch ?? '',
    commit: deployment.commit_id ?? '',
    credentials,
    target: join(folder, 'source'),
    keyFolder: join(folder, 'keys'),
    allowInternal: deps.config.STEADING_ALLOW_INTERNAL_SOURCES,
    allowHttp: deps.config.STEADING_ALLOW_INSECURE_SOURCES,
    lookUp: deps.lookUp,
    maxBytes: deps.config.STEADING_SOURCE_MAX_MB * 1024 * 1024,
    signal: AbortSignal.any([work.signal, late]),
  };
  try {
    const fetched = await fetchCommit(options);
    if (app.source.submodules) await fetchSubmodules(options);
    await stripGit(options.target);
    const leak = await findEscape(options.target);
    if (leak) throw new StageFailure('source-escapes', `The repository is refused: ${leak}. Remove that from it.`);
    work.log.write('cloning', 'steading', `At commit ${fetched.commit.slice(0, 12)}: ${fetched.message}`);
    if (fetched.knownHosts && fetched.knownHosts !== app.known_hosts)
      work.log.write(
        'cloning',
        'steading',
        `The host key of ${source.host} was seen for the first time and is kept: another one will be refused.`,
      );
    return fetched;
  } catch (error) {
    if (late.aborted && !work.signal.aborted)
      throw new StageFailure(
        'source-timeout',
        `Fetching the repository took longer than ${seconds} seconds. Try again, or make it smaller.`,
      );
    throw error;
  }
}

function openCredentials(work: Work): Credentials {
  const { app, deps } = work;
  return {
    ...(app.source_token ? { token: deps.sealing.open(app.source_token, `${app.id}:token`) } : {}),
    ...(app.deploy_key_private ? { deployKey: deps.sealing.open(app.deploy_key_private, `${app.id}:deploy-key`) } : {}),
    knownHosts: app.known_hosts,
  };
}
