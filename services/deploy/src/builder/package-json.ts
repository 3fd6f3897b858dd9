import { z } from 'zod';

const texts = z.record(z.string(), z.string()).catch({});

const shape = z.object({
  name: z.string().optional().catch(undefined),
  main: z.string().optional().catch(undefined),
  scripts: texts.default({}),
  dependencies: texts.default({}),
  devDependencies: texts.default({}),
  engines: texts.default({}),
  packageManager: z.string().optional().catch(undefined),
});
export type PackageJson = z.output<typeof shape>;

/** What detection needs of a package.json; parts of the wrong type are as if absent. Undefined: it is not JSON. */
export function readPackageJson(text: string): PackageJson | undefined {
  try {
    return shape.parse(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch {
    return undefined;
  }
}

export type PackageManager = 'npm' | 'pnpm' | 'yarn';

export interface Installer {
  readonly manager: PackageManager;
  readonly reason: string;
  readonly shown: string;
  readonly argv: readonly string[];
  /** How a script is run. */
  readonly run: (script: string) => { shown: string; argv: readonly string[] };
}

/** The lockfile decides who installs; without one it is npm. */
export function chooseInstaller(found: PackageJson, files: ReadonlySet<string>, yarnLock: string): Installer {
  const asked = /^(npm|pnpm|yarn)@(\d+[0-9A-Za-z.-]*)/.exec(found.packageManager ?? '');
  const npmRun = (script: string) => ({ shown: `npm run ${script}`, argv: ['npm', 'run', script] });
  if (files.has('pnpm-lock.yaml')) {
    const tool = asked?.[1] === 'pnpm' ? `pnpm@${asked[2]}` : 'pnpm@10';
    return {
      manager: 'pnpm',
      reason: `pnpm-lock.yaml: installed with ${tool}`,
      shown: 'pnpm install --frozen-lockfile',
      argv: ['npx', '--yes', tool, 'install', '--frozen-lockfile', '--prod=false'],
      run: npmRun,
    };
  }
  if (files.has('yarn.lock')) {
    const berry = yarnLock.includes('__metadata:');
    const tool = berry ? '@yarnpkg/cli-dist@4' : 'yarn@1';
    return {
      manager: 'yarn',
      reason: `yarn.lock: installed with Yarn ${berry ? '4' : '1'}`,
      shown: berry ? 'yarn install --immutable' : 'yarn install --frozen-lockfile',
      argv: [
        'npx',
        '--yes',
        tool,
        'install',
        ...(berry ? ['--immutable'] : ['--frozen-lockfile', '--production=false']),
      ],
      run: npmRun,
    };
  }
  if (files.has('package-lock.json') || files.has('npm-shrinkwrap.json')) {
    return {
      manager: 'npm',
      reason: 'package-lock.json: installed with npm ci',
      shown: 'npm ci',
      argv: ['npm', 'ci', '--include=dev', '--no-audit', '--no-fund'],
      run: npmRun,
    };
  }
  return {
    manager: 'npm',
    reason: 'no lockfile: installed with npm install (add a lockfile for the same versions every time)',
    shown: 'npm install',
    argv: ['npm', 'install', '--include=dev', '--no-audit', '--no-fund'],
    run: npmRun,
  };
}

/** The major version of Node that a source asks for, with where it says so. */
export function askedNode(
  found: PackageJson | undefined,
  contents: Readonly<Record<string, string>>,
): { major: number; reason: string } | undefined {
  for (const name of ['.nvmrc', '.node-version']) {
    const major = /^\s*v?(\d{1,3})/.exec(contents[name] ?? '')?.[1];
    if (major) return { major: Number(major), reason: `${name} asks for Node ${major}` };
  }
  const range = found?.engines.node ?? '';
  const majors = [...range.matchAll(/(?:^|[^\d.])v?(\d{1,3})(?=$|[^\d])/g)].map((match) => Number(match[1]));
  if (majors.length === 0) return undefined;
  const major = Math.max(...majors);
  return { major, reason: `package.json asks for Node ${range} in engines` };
}
