/** A Node app: install, build if there is a build, start. Pure. */
import type { SourceListing } from '#src/builder/listing.ts';
import { askedNode, chooseInstaller, type PackageJson } from '#src/builder/package-json.ts';
import type { BuildPlan, BuildProblem } from '#src/builder/plan.ts';
import type { BuildSettings } from '#src/settings.ts';

export function nodePlan(
  found: PackageJson,
  listing: SourceListing,
  settings: BuildSettings,
): BuildPlan | BuildProblem {
  const start = findStart(found, listing, settings);
  if (!start) {
    return {
      code: 'no-start-command',
      problem:
        'Nothing says how to start this app. Add a start script to package.json, a Procfile with a web line, a server.js, or set the start command in the settings.',
    };
  }
  const node = askedNode(found, listing.contents);
  const preparation = prepare(found, listing, settings);
  return {
    builder: 'node',
    title: `Node${node ? ` ${node.major}` : ''} app, started with ${start.shown}`,
    reasons: [...preparation.reasons, start.reason, ...(node ? [node.reason] : [])],
    commands: { ...preparation.commands, start: start.shown },
    ...(node ? { node: node.major } : {}),
    steps: preparation.steps,
    outputFolder: settings.outputFolder,
    command: start.argv,
    singlePage: false,
  };
}

/** What goes before: install and build, as detected or as set. */
export function prepare(found: PackageJson, listing: SourceListing, settings: BuildSettings) {
  const reasons: string[] = [];
  const commands: { install?: string; build?: string } = {};
  const steps: { name: string; argv: readonly string[] }[] = [];
  const installer = chooseInstaller(found, listing.files, listing.contents['yarn.lock'] ?? '');
  const hasPackage = listing.contents['package.json'] !== undefined;
  const needsInstall = hasPackage && needsInstalling(found, listing);
  if (settings.installCommand !== '') {
    reasons.push('the install command is set in the settings');
    commands.install = settings.installCommand;
    steps.push({ name: 'install', argv: shell(settings.installCommand) });
  } else if (needsInstall) {
    reasons.push(installer.reason);
    commands.install = installer.shown;
    steps.push({ name: 'install', argv: installer.argv });
  } else if (hasPackage) reasons.push('package.json names no dependencies: nothing to install');
  if (settings.buildCommand !== '') {
    reasons.push('the build command is set in the settings');
    commands.build = settings.buildCommand;
    steps.push({ name: 'build', argv: shell(settings.buildCommand) });
  } else if (found.scripts.build) {
    const build = installer.run('build');
    reasons.push('package.json has a build script');
    commands.build = build.shown;
    steps.push({ name: 'build', argv: build.argv });
  }
  return { reasons, commands, steps };
}

/** A command line that a person set for their own app, run by the shell inside the build. */
export function shell(command: string): readonly string[] {
  return ['sh', '-c', command];
}

function needsInstalling(found: PackageJson, listing: SourceListing): boolean {
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare'].some((name) => name in found.scripts);
  const dependencies = Object.keys(found.dependencies).length + Object.keys(found.devDependencies).length;
  return hooks || dependencies > 0 || listing.files.has('pnpm-workspace.yaml');
}

interface Start {
  readonly shown: string;
  readonly reason: string;
  readonly argv: readonly string[];
}

function findStart(found: PackageJson, listing: SourceListing, settings: BuildSettings): Start | undefined {
  if (settings.startCommand !== '')
    return {
      shown: settings.startCommand,
      reason: 'the start command is set in the settings',
      argv: direct(settings.startCommand),
    };
  const web = /^web:[ \t]*(\S.*)$/m.exec(listing.contents.Procfile ?? '')?.[1]?.trim();
  if (web) return { shown: web, reason: 'Procfile has a web line', argv: direct(web) };
  const script = found.scripts.start;
  if (script) {
    const hooked = 'prestart' in found.scripts || 'poststart' in found.scripts;
    return {
      shown: 'npm start',
      reason: 'package.json has a start script',
      argv: hooked ? ['npm', 'start'] : direct(script),
    };
  }
  const main = [found.main, 'server.js', 'index.js'].find(
    (name) => name !== undefined && listing.files.has(name.replace(/^\.\//, '')),
  );
  if (main)
    return { shown: `node ${main}`, reason: `${main} is there`, argv: ['node', `./${main.replace(/^\.\//, '')}`] };
  return undefined;
}

/**
 * Puts the app itself in the place of the shell, so that SIGTERM reaches it; where the line is more than one simple
 * command, the shell stays.
 */
function direct(command: string): readonly string[] {
  const bins = 'PATH="$PWD/node_modules/.bin:$PATH"; export PATH;';
  const simple = !/[;&|<>(){}`\n]|^\s*(?:exec|cd|export|[A-Za-z_]\w*=)/.test(command);
  return ['sh', '-c', simple ? `${bins} exec ${command}` : `${bins} ${command}`];
}
