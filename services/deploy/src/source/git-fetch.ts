/** Brings one commit of a repository into a folder, and leaves nothing of git there. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Credentials, type GitAccess, openAccess } from '#src/source/git-access.ts';
import { type GitResult, type GitRun, type GitSettings, runGit } from '#src/source/git-process.ts';
import type { LookUp } from '#src/source/source-address.ts';
import { SourceProblem, sayGitProblem } from '#src/source/source-problem.ts';
import type { SourceUrl } from '#src/source/source-url.ts';

export interface FetchOptions {
  readonly settings: GitSettings;
  readonly source: SourceUrl;
  /** Empty: the default branch. */
  readonly branch: string;
  /** Empty: the newest of the branch. */
  readonly commit: string;
  readonly credentials: Credentials;
  /** Made here; must not exist. */
  readonly target: string;
  /** A private folder for keys, removed by the caller. */
  readonly keyFolder: string;
  readonly allowInternal: boolean;
  readonly lookUp: LookUp;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface Fetched {
  readonly commit: string;
  readonly message: string;
  readonly author: string;
  readonly knownHosts: string;
}

const wholeCommit = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** @throws `SourceProblem` with a sentence for people. Keeps `.git` (see `stripGit`), for submodules. */
export async function fetchCommit(options: FetchOptions): Promise<Fetched> {
  const access = await openAccess(options.source, options.credentials, { ...options, folder: options.keyFolder });
  await mkdir(options.target, { recursive: true });
  const git = bind(options, access);
  await mustRun(git(['init', '--quiet']), options.source);
  const revision = await fetchRevision(git, options);
  await mustRun(git(['checkout', '--quiet', '--detach', '--force', revision, '--']), options.source);
  const shown = await mustRun(git(['log', '-1', '--format=%H%x00%an%x00%s', revision, '--']), options.source);
  const [commit = '', author = '', message = ''] = shown.stdout.trimEnd().split('\0');
  return {
    commit,
    author: author.slice(0, 200),
    message: message.slice(0, 500),
    knownHosts: await access.knownHosts(),
  };
}

/** Removes what git needs and an app does not: `.git` at the top and of submodules. */
export async function stripGit(target: string): Promise<void> {
  await rm(join(target, '.git'), { recursive: true, force: true });
}

type Git = (argv: readonly string[]) => Promise<GitResult>;

function bind(options: FetchOptions, access: GitAccess): Git {
  return (argv) => {
    const run: GitRun = {
      cwd: options.target,
      argv,
      config: access.config,
      environment: access.environment,
      signal: options.signal,
      watched: { folder: options.target, maxBytes: options.maxBytes },
    };
    return runGit(options.settings, run);
  };
}

/** Fetches as little as the server allows; gives what to check out. */
async function fetchRevision(git: Git, options: FetchOptions): Promise<string> {
  const { commit, source } = options;
  if (commit === '') {
    await fetchBranch(git, options, ['--depth=1']);
    return 'FETCH_HEAD';
  }
  if (wholeCommit.test(commit)) {
    const exact = await git(fetchArguments(source, commit, ['--depth=1']));
    if (exact.tooLarge) throw tooLarge(options);
    if (exact.code === 0) return commit;
  }
  // Servers without protocol v2 refuse a commit that is no branch's tip, and a short id is known to nobody but us.
  for (const depth of [['--depth=50'], ['--depth=1000'], ['--depth=2147483647']]) {
    await fetchBranch(git, options, depth);
    const found = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`]);
    if (found.code === 0) return found.stdout.trim();
  }
  throw new SourceProblem(
    'no-commit',
    `The repository has no commit ${commit} on ${options.branch || 'its default branch'}. Push it, or choose another.`,
  );
}

async function fetchBranch(git: Git, options: FetchOptions, depth: readonly string[]): Promise<void> {
  const refs = options.branch === '' ? ['HEAD'] : [`refs/heads/${options.branch}`, `refs/tags/${options.branch}`];
  let last: GitResult | undefined;
  for (const ref of refs) {
    last = await git(fetchArguments(options.source, ref, depth));
    if (last.tooLarge) throw tooLarge(options);
    if (last.code === 0) return;
    if (!/couldn't find remote ref/i.test(last.stderr)) break;
  }
  throw sayGitProblem(last!, options.source, options.branch);
}

function fetchArguments(source: SourceUrl, ref: string, depth: readonly string[]): string[] {
  return [
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-recurse-submodules',
    '--no-write-commit-graph',
    ...depth,
    '--',
    source.url,
    ref,
  ];
}

async function mustRun(running: Promise<GitResult>, source: SourceUrl): Promise<GitResult> {
  const result = await running;
  if (result.tooLarge)
    throw new SourceProblem('too-large', 'The repository is larger than the limit. Remove large files from it.');
  if (result.code !== 0) throw sayGitProblem(result, source, '');
  return result;
}

function tooLarge(options: FetchOptions): SourceProblem {
  const megabytes = Math.round(options.maxBytes / 1024 / 1024);
  return new SourceProblem(
    'too-large',
    `The repository is larger than the limit of ${megabytes} MB. Remove large files from it, or ask an operator to raise STEADING_SOURCE_MAX_MB.`,
  );
}
