import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { bundles, findBundle, hashOf, inputsFile, root } from '#src/bundle/find-bundle.ts';

/** What the command of every house of this checkout names. */
const starter = join(root, 'apps/house/src/main.ts');
/** Longer than any bundling takes. */
const leftAfterMs = 600_000;

/**
 * Bundles the house, unless that was done for these sources: a few modules in place of two thousand, each with all that
 * it needs, so that Node finds, reads and keeps little. Nothing is left out, renamed or shortened: a stack names the
 * functions of the sources, and `// libs/…` lines say which file they are in. Every bundle has a folder of its own, named
 * by what it was made of, and is complete as soon as it is there; those that no running house uses are cleared away.
 */
async function makeBundle(): Promise<void> {
  if (findBundle()) return;
  mkdirSync(bundles, { recursive: true });
  const began = Date.now();
  const fresh = mkdtempSync(join(bundles, '.new-'));
  try {
    const build = await rolldown({
      input: { main: join(root, 'apps/house/src/house.ts') },
      cwd: root,
      platform: 'node',
      treeshake: false,
      onLog(level, log) {
        if (level === 'warn' && log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT') throw new Error(log.message);
      },
      plugins: [ownPlaces, separateModules, machineCode],
    });
    const { output } = await build.generate({
      format: 'esm',
      entryFileNames: '[name].js',
      comments: { legal: false, annotation: false, jsdoc: false },
    });
    await build.close();
    const chunks = output.filter((each) => each.type === 'chunk');
    // Flushed: a machine that dies now must not find the name and half of what it stands for.
    for (const { fileName, code } of chunks) writeFileSync(join(fresh, fileName), oneByte(code), { flush: true });
    const inputs = inputsOf(chunks.flatMap((each) => each.moduleIds));
    const hash = hashOf(inputs);
    if (!hash || inputs.some((path) => statSync(join(root, path)).ctimeMs >= began))
      throw new Error('a source changed meanwhile; run this again');
    chmodSync(fresh, 0o755);
    try {
      renameSync(fresh, join(bundles, hash));
    } catch (error) {
      // Another process made the same one meanwhile.
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    const list = join(bundles, `.inputs-${process.pid}`);
    writeFileSync(list, JSON.stringify(inputs), { flush: true });
    renameSync(list, inputsFile);
    clearAway(hash);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/**
 * Modules keep their own places, from which they find migrations, other packages and files: `import.meta.url` is that of
 * the source, by its path from the bundle, so that a checkout may be moved.
 */
const ownPlaces: Plugin = {
  name: 'own-places',
  transform: {
    filter: { code: 'import.meta.', id: { exclude: [/^\0/, /\.node$/] } },
    handler(code, id) {
      const url = `new URL(${JSON.stringify(relative(join(bundles, 'any'), id))}, import.meta.url)`;
      return code
        .replaceAll('import.meta.url', `${url}.href`)
        .replaceAll('import.meta.dirname', `process.getBuiltinModule('node:url').fileURLToPath(new URL('.', ${url}))`);
    },
  },
};

/** A module that is a thread or a process of its own is bundled too, beside the others. */
const separateModules: Plugin = {
  name: 'separate-modules',
  transform: {
    filter: { code: /new URL\('\.\/[\w-]+\.ts', import\.meta\.url\)/, id: { exclude: /^\0/ } },
    order: 'pre',
    handler(code, id) {
      return code.replaceAll(/new URL\('(\.\/[\w-]+\.ts)', import\.meta\.url\)/g, (_, path: string) => {
        const name = basename(path, '.ts');
        this.emitFile({ type: 'chunk', id: join(dirname(id), path), fileName: `${name}.js` });
        return `new URL('./${name}.js', import.meta['url'])`;
      });
    },
  },
};

/** Machine code stays where it is, and is loaded from there. */
const machineCode: Plugin = {
  name: 'machine-code',
  load: {
    filter: { id: /\.node$/ },
    handler: (id) => `
      import { createRequire } from 'node:module';
      const addon = createRequire(import.meta.url)(${JSON.stringify(relative(join(bundles, 'any'), id))});
      export { addon as 'module.exports' };`,
  },
};

/** V8 keeps a text at two bytes a character, as long as it runs, for a single one that is not of ASCII or Latin 1. */
function oneByte(code: string): string {
  if (/String\.raw`[^`]*[^\0-\x7f]|\\[^\0-\x7f]/.test(code))
    throw new Error('a character that is in String.raw or follows a backslash cannot be escaped; write it as \\u…');
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Sources of this checkout, what says which of them an import means, and the list of the versions of all others. */
function inputsOf(moduleIds: readonly string[]): string[] {
  const own = moduleIds
    .map((id) => relative(root, id))
    .filter((path) => !path.startsWith('..') && !path.includes('node_modules') && !path.includes('\0'));
  const packages = new Set(
    own.map((path) =>
      join(
        path
          .split('/')
          .slice(0, path.startsWith('contracts/') ? 1 : 2)
          .join('/'),
        'package.json',
      ),
    ),
  );
  const here = relative(root, import.meta.dirname);
  return [
    ...new Set([
      ...own,
      ...packages,
      'pnpm-lock.yaml',
      ...['find-bundle.ts', 'make-bundle.ts'].map((name) => join(here, name)),
    ]),
  ].sort();
}

/**
 * A running house loads some modules only when they are needed: it holds its bundle's first file open. Where one is
 * somebody else's, so that nobody may see what it holds, everything stays. What a maker left that was killed goes as well.
 */
function clearAway(newest: string): void {
  const used = bundlesInUse();
  for (const name of readdirSync(bundles)) {
    const folder = join(bundles, name);
    const isOld = /^[0-9a-f]{32}$/.test(name) && name !== newest && used !== undefined && !used.has(folder);
    const isLeft = name.startsWith('.') && Date.now() - statSync(folder).mtimeMs > leftAfterMs;
    if (isOld || isLeft) rmSync(folder, { recursive: true, force: true });
  }
}

function bundlesInUse(): Set<string> | undefined {
  const used = new Set<string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(starter)) continue;
      for (const fd of readdirSync(`/proc/${pid}/fd`)) used.add(dirname(readlinkSync(`/proc/${pid}/fd/${fd}`)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') return undefined;
    }
  }
  return used;
}

try {
  await makeBundle();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
