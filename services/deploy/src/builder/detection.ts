/**
 * How a source is built, decided from its file names and a few small files, and explained. Pure; the same words are
 * shown before an app is made and with each of its deployments.
 */
import type { SourceListing } from '#src/builder/listing.ts';
import { nodePlan } from '#src/builder/node-plan.ts';
import { type PackageJson, readPackageJson } from '#src/builder/package-json.ts';
import type { BuildProblem, Detected } from '#src/builder/plan.ts';
import { builtSiteFolder, builtSitePlan, plainSitePlan } from '#src/builder/static-plan.ts';
import type { BuildSettings } from '#src/settings.ts';

export function detect(listing: SourceListing, settings: BuildSettings): Detected {
  const text = listing.contents['package.json'];
  const found = text === undefined ? undefined : readPackageJson(text);
  if (text !== undefined && !found && settings.builder !== 'static')
    return { code: 'bad-package-json', problem: 'package.json is not valid JSON. Correct it, then deploy again.' };
  if (settings.builder === 'node') return found ? nodePlan(found, listing, settings) : noPackageJson;
  if (settings.builder === 'static') return staticPlan(found, listing, settings);
  if (listing.files.has('Dockerfile')) return dockerfileProblem(found !== undefined);
  if (found) return automatic(found, listing, settings);
  if (settings.startCommand !== '' || listing.contents.Procfile) return nodePlan(emptyPackage, listing, settings);
  if (listing.files.has('index.html') || settings.outputFolder !== '') return plainSitePlan(listing, settings);
  return nothingFound(listing);
}

const emptyPackage: PackageJson = {
  name: undefined,
  main: undefined,
  scripts: {},
  dependencies: {},
  devDependencies: {},
  engines: {},
  packageManager: undefined,
};

/** A package.json is a site when its build makes a folder of files and nothing starts a server. */
function automatic(found: PackageJson, listing: SourceListing, settings: BuildSettings): Detected {
  const serves = settings.startCommand !== '' || listing.contents.Procfile !== undefined || startsServer(found);
  if (serves) return nodePlan(found, listing, settings);
  if (builtSiteFolder(found, settings)) return builtSitePlan(found, listing, settings);
  if (found.main || listing.files.has('server.js') || listing.files.has('index.js'))
    return nodePlan(found, listing, settings);
  if (listing.files.has('index.html')) return plainSitePlan(listing, settings);
  return nodePlan(found, listing, settings);
}

/** `vite`, `react-scripts start` and the like are for developing, not for serving. */
const developing =
  /^\s*(?:npx\s+)?(?:vite(?!\s+preview)|react-scripts start|ng serve|parcel|webpack(?:-dev-server)? ?serve|gatsby develop|vue-cli-service serve|astro dev|eleventy --serve)\b/;

function startsServer(found: PackageJson): boolean {
  const start = found.scripts.start;
  return start !== undefined && !developing.test(start);
}

function staticPlan(found: PackageJson | undefined, listing: SourceListing, settings: BuildSettings): Detected {
  if (found && (found.scripts.build || settings.buildCommand !== '')) return builtSitePlan(found, listing, settings);
  return plainSitePlan(listing, settings);
}

const noPackageJson: BuildProblem = {
  code: 'no-package-json',
  problem:
    'The builder is set to Node, but there is no package.json in the root folder. Set the root folder, or choose the automatic builder.',
};

function dockerfileProblem(hasPackageJson: boolean): BuildProblem {
  const instead = hasPackageJson
    ? 'Set the builder of this app to Node to build it from its package.json instead.'
    : 'Add a package.json or an index.html, or run this house on Docker.';
  return {
    code: 'needs-docker',
    problem: `There is a Dockerfile, which needs the Docker runtime; this house runs apps as processes. ${instead}`,
  };
}

function nothingFound(listing: SourceListing): BuildProblem {
  const other = [...listing.files].find((name) =>
    /^(?:requirements\.txt|pyproject\.toml|go\.mod|Gemfile|composer\.json|pom\.xml|build\.gradle)$/.test(name),
  );
  return {
    code: 'nothing-found',
    problem: other
      ? `There is a ${other}, but this house builds Node apps and static sites only. Set a start command if it needs no build.`
      : 'There is no package.json and no index.html in the root folder. Set the root folder, or add one of them.',
  };
}
