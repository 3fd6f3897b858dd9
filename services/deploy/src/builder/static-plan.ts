/** A site of files: as they are, or as a build makes them. Pure. */
import type { SourceListing } from '#src/builder/listing.ts';
import { prepare } from '#src/builder/node-plan.ts';
import { askedNode, type PackageJson } from '#src/builder/package-json.ts';
import type { BuildPlan, BuildProblem } from '#src/builder/plan.ts';
import type { BuildSettings } from '#src/settings.ts';

/** Which tool makes which folder; `app` sites answer every path with index.html. */
const makers: readonly { dependency: string; name: string; folder: string; app: boolean }[] = [
  { dependency: 'astro', name: 'Astro', folder: 'dist', app: false },
  { dependency: 'gatsby', name: 'Gatsby', folder: 'public', app: false },
  { dependency: '@11ty/eleventy', name: 'Eleventy', folder: '_site', app: false },
  { dependency: 'vitepress', name: 'VitePress', folder: '.vitepress/dist', app: false },
  { dependency: '@docusaurus/core', name: 'Docusaurus', folder: 'build', app: false },
  { dependency: 'react-scripts', name: 'Create React App', folder: 'build', app: true },
  { dependency: '@vue/cli-service', name: 'Vue CLI', folder: 'dist', app: true },
  { dependency: 'parcel', name: 'Parcel', folder: 'dist', app: true },
  { dependency: 'vite', name: 'Vite', folder: 'dist', app: true },
  { dependency: 'webpack', name: 'webpack', folder: 'dist', app: true },
  { dependency: 'esbuild', name: 'esbuild', folder: 'dist', app: true },
];

function findMaker(found: PackageJson) {
  const all = { ...found.dependencies, ...found.devDependencies };
  return makers.find((maker) => maker.dependency in all);
}

/** The folder that the build makes, where that can be said: by the setting, by the tool, or by what the script names. */
export function builtSiteFolder(found: PackageJson, settings: BuildSettings): string | undefined {
  const script = settings.buildCommand || found.scripts.build;
  if (!script) return undefined;
  if (settings.outputFolder !== '') return settings.outputFolder;
  return findMaker(found)?.folder ?? /(?:^|[\s"'=/])(dist|build|public|out|_site)(?=$|[\s"'/;&])/.exec(script)?.[1];
}

export function builtSitePlan(
  found: PackageJson,
  listing: SourceListing,
  settings: BuildSettings,
): BuildPlan | BuildProblem {
  const folder = builtSiteFolder(found, settings);
  if (!folder) {
    return {
      code: 'no-output-folder',
      problem: 'Nothing says which folder the build makes. Set the output folder in the settings, such as dist.',
    };
  }
  const maker = findMaker(found);
  const node = askedNode(found, listing.contents);
  const preparation = prepare(found, listing, settings);
  const where =
    settings.outputFolder !== ''
      ? 'as set in the settings'
      : maker
        ? `as ${maker.name} does`
        : 'as its build script says';
  return {
    builder: 'static',
    title: `Static site${maker ? `, built by ${maker.name}` : ''}, from ${folder}`,
    reasons: [...preparation.reasons, `the build makes the folder ${folder}, ${where}`, ...(node ? [node.reason] : [])],
    commands: preparation.commands,
    ...(node ? { node: node.major } : {}),
    steps: preparation.steps,
    outputFolder: folder,
    command: [],
    singlePage: settings.singlePage || (maker?.app ?? false),
  };
}

export function plainSitePlan(listing: SourceListing, settings: BuildSettings): BuildPlan | BuildProblem {
  const folder =
    settings.outputFolder ||
    (!listing.files.has('index.html') && listing.files.has('public/index.html') ? 'public' : '');
  if (folder === '' && !listing.files.has('index.html')) {
    return {
      code: 'no-index',
      problem:
        'There is no index.html in the root folder. Set the root folder or the output folder, or add an index.html.',
    };
  }
  const empty: PackageJson = {
    name: undefined,
    main: undefined,
    scripts: {},
    dependencies: {},
    devDependencies: {},
    engines: {},
    packageManager: undefined,
  };
  const preparation = prepare(empty, { files: new Set(), contents: {} }, settings);
  return {
    builder: 'static',
    title: folder === '' ? 'Static site' : `Static site, from ${folder}`,
    reasons: [
      ...preparation.reasons,
      folder === '' ? 'index.html is there, and nothing needs to be built' : `the files of ${folder} are served`,
    ],
    commands: preparation.commands,
    steps: preparation.steps,
    outputFolder: folder,
    command: [],
    singlePage: settings.singlePage,
  };
}
