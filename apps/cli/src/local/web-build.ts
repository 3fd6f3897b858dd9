import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '#src/failure.ts';

/**
 * Builds the web app when its sources are newer than what was built; takes a few seconds, and nothing the next time. An
 * image has what was built, and no sources.
 */
export async function buildWebIfStale(root: string, tell: (text: string) => void): Promise<void> {
  const web = join(root, 'apps/web');
  if (!existsSync(join(web, 'index.html')) && existsSync(join(web, 'dist'))) return;
  const wanted = sourceHash(web);
  const stamp = join(web, 'dist', '.built-from');
  if (read(stamp) === wanted) return;
  tell('building the web app');
  await run(web);
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

function run(web: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(web, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
      cwd: web,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Failure(`The web app could not be built:\n${said.trim()}`)),
    );
  });
}
