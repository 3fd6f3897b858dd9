/** Submodules, when an app asks for them: each is a source like the first, and is checked like it. */
import { lstat, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type FetchOptions, fetchCommit, stripGit } from '#src/source/git-fetch.ts';
import { runGit } from '#src/source/git-process.ts';
import { SourceProblem } from '#src/source/source-problem.ts';
import { parseSourceUrl, type SourceUrl } from '#src/source/source-url.ts';

const limits = { count: 20, depth: 3 };

/** Fetches every submodule of a checked-out commit at the commit that is recorded for it. */
export async function fetchSubmodules(options: FetchOptions & { allowHttp: boolean }, depth = 1): Promise<void> {
  const found = await listSubmodules(options);
  if (found.length === 0) return;
  if (found.length > limits.count || depth > limits.depth)
    throw new SourceProblem(
      'submodules',
      `The repository has more than ${limits.count} submodules, or they are nested more than ${limits.depth} deep.`,
    );
  for (const module of found) {
    const source = submoduleUrl(module.url, options);
    const target = join(options.target, module.path);
    await mustBePlainFolder(options.target, module.path);
    const keyFolder = await mkdtemp(join(options.keyFolder, 'sub-'));
    const sameServer =
      source.host === options.source.host && source.kind === options.source.kind && source.port === options.source.port;
    const inner = {
      ...options,
      source,
      branch: '',
      commit: module.commit,
      target,
      keyFolder,
      // A token is for the server that it was given for.
      credentials: sameServer ? options.credentials : {},
    };
    try {
      await fetchCommit(inner);
      await fetchSubmodules(inner, depth + 1);
      await stripGit(target);
    } finally {
      await rm(keyFolder, { recursive: true, force: true });
    }
  }
}

interface Submodule {
  readonly path: string;
  readonly url: string;
  readonly commit: string;
}

async function listSubmodules(options: FetchOptions): Promise<Submodule[]> {
  const git = (argv: string[]) => runGit(options.settings, { cwd: options.target, argv, signal: options.signal });
  const stat = await lstat(join(options.target, '.gitmodules')).catch(() => undefined);
  if (!stat?.isFile()) return [];
  const listed = await git([
    'config',
    '--file',
    '.gitmodules',
    '--null',
    '--get-regexp',
    '^submodule\\..*\\.(path|url)$',
  ]);
  const tree = await git(['ls-tree', '-r', '-z', 'HEAD']);
  const commits = new Map<string, string>();
  for (const line of tree.stdout.split('\0')) {
    const match = /^160000 commit ([0-9a-f]{40,64})\t(.+)$/s.exec(line);
    if (match) commits.set(match[2]!, match[1]!);
  }
  const byName = new Map<string, { path?: string; url?: string }>();
  for (const entry of listed.stdout.split('\0')) {
    const match = /^submodule\.(.*)\.(path|url)\n(.*)$/s.exec(entry);
    if (match) byName.set(match[1]!, { ...byName.get(match[1]!), [match[2]!]: match[3]! });
  }
  return [...byName.values()].flatMap(({ path, url }) => {
    const commit = path === undefined ? undefined : commits.get(path);
    return path && url && commit ? [{ path, url, commit }] : [];
  });
}

/** Relative addresses (`../other`) are those of the repository that names them. */
function submoduleUrl(url: string, options: FetchOptions & { allowHttp: boolean }): SourceUrl {
  const absolute = /^\.\.?\//.test(url) ? new URL(url, `${options.source.url}/`).href : url;
  const parsed = parseSourceUrl(absolute, { http: options.allowHttp });
  if ('problem' in parsed)
    throw new SourceProblem('submodules', `The address of a submodule is refused: ${parsed.problem}`);
  return parsed;
}

async function mustBePlainFolder(root: string, path: string): Promise<void> {
  let current = root;
  for (const part of path.split('/')) {
    if (part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git')
      throw new SourceProblem('submodules', 'The path of a submodule leads out of the repository.');
    current = join(current, part);
    const stat = await lstat(current).catch(() => undefined);
    if (stat && !stat.isDirectory())
      throw new SourceProblem('submodules', 'The path of a submodule leads through a link.');
  }
}
