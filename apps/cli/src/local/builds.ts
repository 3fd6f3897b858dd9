import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBundle } from '@steading/house/bundle';
import { Failure } from '#src/failure.ts';

/** Builds what a house is started from and shows, as far as its sources are newer: a few seconds, and nothing the next time. */
export async function buildIfStale(root: string, tell: (text: string) => void): Promise<void> {
  await Promise.all([buildWebIfStale(root, tell), bundleHouseIfStale(root, tell)]);
}

/** Where no bundle can be made, in a folder of somebody else's for instance, a house starts from its sources. */
export async function bundleHouseIfStale(root: string, tell: (text: string) => void): Promise<void> {
  if (findBundle()) return;
  tell('bundling the house');
  try {
    await run(root, [join(root, 'apps/house/src/bundle/make-bundle.ts')]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    tell(`the house could not be bundled, and starts more slowly from its sources: ${reason}`);
  }
}

/**
 * Builds the web app when its sources are newer than what was built. An image has what was built, and no sources.
 */
async function buildWebIfStale(root: string, tell: (text: string) => void): Promise<void> {
  const web = join(root, 'apps/web');
  if (!existsSync(join(web, 'index.html')) && existsSync(join(web, 'dist'))) return;
  const wanted = sourceHash(web);
  const stamp = join(web, 'dist', '.built-from');
  if (read(stamp) === wanted) return;
  tell('building the web app');
  try {
    await run(web, [join(web, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn']);
  } catch (error) {
    throw new Failure(`The web app could not be built:\n${error instanceof Error ? error.message : error}`);
  }
  writeFileSync(stamp, wanted);
}

function sourceHash(web: string): string {
  const hash = createHash('sha256');
  for (const name of ['package.json', 'index.html', 'vite.config.ts', 'dev/document-ids.ts'])
    hash.update(read(join(web, name)) ?? '');
  for (const folder of ['src', 'public']) {
    for (const entry of list(join(web, folder))) {
      const seen = statSync(entry);
      hash.update(`${entry.slice(web.length)} ${seen.size} `).update(readFileSync(entry));
    }
  }
  return hash.digest('hex');
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch {
    return [];
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Fails with all that the program said. */
function run(cwd: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(said.trim()))));
  });
}
