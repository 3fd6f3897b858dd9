/** A look at a repository before an app is made from it: its branches, and what could be built. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceListing } from '#src/builder/listing.ts';
import { openAccess } from '#src/source/git-access.ts';
import { type FetchOptions, fetchCommit } from '#src/source/git-fetch.ts';
import { runGit } from '#src/source/git-process.ts';
import { sayGitProblem } from '#src/source/source-problem.ts';
import { listSource } from '#src/source/source-tree.ts';

export interface Inspection {
  readonly branches: readonly string[];
  readonly defaultBranch: string | undefined;
  readonly listing: SourceListing;
}

const maxBranches = 200;

/** @throws `SourceProblem`. Everything it makes lies in `folder` and is removed. */
export async function inspectRepository(
  options: Omit<FetchOptions, 'target' | 'keyFolder' | 'commit'> & { folder: string },
): Promise<Inspection> {
  await mkdir(options.folder, { recursive: true });
  const folder = await mkdtemp(join(options.folder, 'inspect-'));
  try {
    const keyFolder = join(folder, 'keys');
    await mkdir(keyFolder, { mode: 0o700 });
    const branches = await listBranches(options, keyFolder);
    const target = join(folder, 'source');
    await fetchCommit({ ...options, commit: '', target, keyFolder });
    return { ...branches, listing: await listSource(target) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function listBranches(options: Omit<FetchOptions, 'target' | 'keyFolder' | 'commit'>, keyFolder: string) {
  const access = await openAccess(options.source, options.credentials, { ...options, folder: keyFolder });
  const result = await runGit(options.settings, {
    cwd: keyFolder,
    argv: ['ls-remote', '--quiet', '--symref', '--', options.source.url, 'HEAD', 'refs/heads/*'],
    config: access.config,
    environment: access.environment,
    signal: options.signal,
  });
  if (result.code !== 0) throw sayGitProblem(result, options.source, options.branch);
  const branches: string[] = [];
  let defaultBranch: string | undefined;
  for (const line of result.stdout.split('\n')) {
    const symref = /^ref: refs\/heads\/(.+)\tHEAD$/.exec(line);
    if (symref) defaultBranch = symref[1];
    const branch = /^[0-9a-f]+\trefs\/heads\/(.+)$/.exec(line);
    if (branch && branches.length < maxBranches) branches.push(branch[1]!);
  }
  return { branches, defaultBranch };
}
