import { isCode, isTest, type Problem, type Rule, type SourceFile } from '#src/tidy/source-files.ts';

const importPattern =
  /(?:^|\n)\s*(?:import|export)[^'"\n;]*?(?:\{[^}]*\})?[^'"\n;]*?from\s*'([^']+)'|import\s*\(\s*'([^']+)'\s*\)|(?:^|\n)\s*import\s+'([^']+)'/g;

/** Services stand alone: they import contracts and libs, never one another; libs know no service. */
export const layers: Rule = (files) => {
  const services = packageNames(files, 'services');
  const apps = packageNames(files, 'apps');
  return files.filter(isCode).flatMap((file) =>
    importsOf(file).flatMap((name): Problem[] => {
      const own = services.get(ownPackage(file.path));
      const wrong = (text: string) => [{ path: file.path, text: `imports ${name}: ${text}` }];
      const target = name.split('/').slice(0, 2).join('/');
      if (name.includes('../../')) return wrong('write #src/… for the own package, the package name for another');
      const isService = [...services.values()].includes(target);
      // A test may start a house with the services that its own asks.
      if (file.path.startsWith('services/') && isService && target !== own && !isTest(file))
        return wrong('services never import one another; ask by RPC or listen to its events');
      if (/^(libs|contracts)\//.test(file.path) && (isService || [...apps.values()].includes(target)))
        return wrong('libs and contracts know no service and no app');
      if (file.path.startsWith('services/') && [...apps.values()].includes(target))
        return wrong('services know no app');
      return [];
    }),
  );
};

/** The forest's engine has no I/O, clock or randomness of its own. */
export const pureForest: Rule = (files) =>
  files
    .filter((file) => file.path.startsWith('libs/forest/src/') && isCode(file) && !isTest(file))
    .flatMap((file) => {
      const outside = importsOf(file)
        .filter((name) => !name.startsWith('#src/'))
        .map((name) => ({ path: file.path, text: `imports ${name}: the forest's engine depends on nothing` }));
      const impure = file.lines.flatMap((line, index) =>
        /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bsetTimeout\(|\bperformance\.now\(/.test(line)
          ? [{ path: file.path, line: index + 1, text: 'has a clock or randomness of its own: take it as an argument' }]
          : [],
      );
      return [...outside, ...impure];
    });

/** Every process reads each service's static half: what does its work is loaded only where it runs. */
export const staticHalves: Rule = (files) =>
  files
    .filter((file) => /^services\/[^/]+\/src\/service\.ts$/.test(file.path))
    .flatMap((file) =>
      file.lines.flatMap((line, index) => {
        const own = /^import (?!type\b).* from '#src\/(.+)\.ts';$/.exec(line)?.[1];
        if (!own || /(^|[/-])(config|errors|kinds|restored-db)$/.test(own)) return [];
        return [
          { path: file.path, line: index + 1, text: `imports ${own}, and so every process does: do it in create.ts` },
        ];
      }),
    );

/** Only apps (and what tests and measures them) read the environment and signals. */
export const environment: Rule = (files) =>
  files
    .filter((file) => isCode(file) && /^(libs|services|contracts)\//.test(file.path) && !isTest(file))
    .flatMap((file) =>
      file.lines.flatMap((line, index) =>
        /^(?!\s*(\*|\/\/)).*(\bprocess\.env\b|\bprocess\.on\('SIG)/.test(line)
          ? [
              {
                path: file.path,
                line: index + 1,
                text: 'reads the environment or signals: only apps do; take it as configuration',
              },
            ]
          : [],
      ),
    );

function importsOf(file: SourceFile): string[] {
  return [...file.text.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

function ownPackage(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

function packageNames(files: readonly SourceFile[], under: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const file of files) {
    if (file.path.split('/').length === 3 && file.path.startsWith(`${under}/`) && file.path.endsWith('/package.json')) {
      names.set(ownPackage(file.path), (JSON.parse(file.text) as { name: string }).name);
    }
  }
  return names;
}
