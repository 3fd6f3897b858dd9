import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { checkout } from '#src/command.ts';

const git = (...args: string[]) =>
  execFileSync('git', ['-C', checkout, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Every file that is, or is about to be, part of the project. */
function projectFiles(): string[] {
  const listed = git('ls-files', '--cached', '--others', '--exclude-standard', '-z').split('\0');
  return listed.filter((path) => path !== '' && lstatSync(join(checkout, path), { throwIfNoEntry: false })?.isFile());
}

function copyInto(folder: string, path: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  // Another file under the name, as git does it: whoever has the old one open keeps it.
  rmSync(join(folder, path), { force: true });
  copyFileSync(join(checkout, path), join(folder, path));
}

/** This checkout once more, in a folder of its own, with the packages of the first. */
export function copyCheckout(folder: string): void {
  const files = projectFiles();
  for (const path of files) copyInto(folder, path);
  symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'));
  for (const path of files.filter((each) => each.endsWith('/package.json'))) linkPackages(folder, dirname(path));
  for (const built of ['apps/web/dist', 'apps/house/dist'])
    if (existsSync(join(checkout, built)))
      cpSync(join(checkout, built), join(folder, built), { recursive: true, preserveTimestamps: true });
}

/** What a package of the workspace sees: links to its neighbours, and into the packages of all. */
function linkPackages(folder: string, path: string): void {
  const from = join(checkout, path, 'node_modules');
  if (!lstatSync(from, { throwIfNoEntry: false })) return;
  cpSync(from, join(folder, path, 'node_modules'), { recursive: true, verbatimSymlinks: true });
}

/** The commit before the one that brought a file; undefined where this clone does not reach back so far. */
export function commitBefore(path: string): string | undefined {
  const added = git('log', '--diff-filter=A', '--format=%H', '--', path).trim().split('\n').at(-1);
  if (!added) return undefined;
  const parents = git('rev-list', '--parents', '-1', added).trim().split(' ');
  return parents[1];
}

/** A checkout of an earlier commit, with its own packages. */
export function checkOutEarlier(folder: string, commit: string): void {
  execFileSync('sh', ['-c', 'git -C "$1" archive "$2" | tar -x -C "$3"', 'sh', checkout, commit, folder]);
}

/** What `git pull` does to a checkout of an earlier commit: it becomes this one. */
export function pull(folder: string, from: string): void {
  const files = new Set(projectFiles());
  const earlier = git('ls-tree', '-r', '--name-only', '-z', from).split('\0');
  for (const path of earlier) if (path !== '' && !files.has(path)) rmSync(join(folder, path), { force: true });
  for (const path of files) copyInto(folder, path);
}

export function setVersion(folder: string, version: string): void {
  const file = join(folder, 'package.json');
  const told = JSON.parse(readFileSync(file, 'utf8')) as object;
  rmSync(file);
  writeFileSync(file, JSON.stringify({ ...told, version }));
}
