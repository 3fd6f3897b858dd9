import type { Command } from 'commander';
import { createOutput, type Output } from '#src/output.ts';

const appOption = ['--app <space/project/app>', 'which app (default: "app" in .steading.json of this folder)'] as const;

/** Commands for people, over the same doors as the web app. */
export function addRemoteCommands(program: Command): void {
  const output = () => createOutput(program.opts().json === true);
  program.commandsGroup('People and their apps:');

  program
    .command('login [address]')
    .description('sign in to a house through the browser')
    .action(async (address) => (await import('#src/remote/login.ts')).login(address, output()));
  program
    .command('whoami')
    .description('who you are, and where')
    .action(async () => (await import('#src/remote/login.ts')).whoami(output()));
  program
    .command('spaces')
    .description('your spaces and the apps in them')
    .action(async () => (await import('#src/remote/spaces.ts')).spaces(output()));
  program
    .command('deploy [folder]')
    .description("deploy the newest commit of the app's repository, or the files of a folder")
    .option(...appOption)
    .option('--commit <sha>', 'this commit instead of the newest')
    .option('--no-wait', 'do not follow it to its end')
    .action(async (folder, options) => (await import('#src/remote/deploy.ts')).deploy(folder, options, output()));
  program
    .command('deployments')
    .description('the last 20 deployments')
    .option(...appOption)
    .action(async (options) => (await import('#src/remote/deploy.ts')).deployments(options, output()));
  program
    .command('logs')
    .description('what the app prints')
    .option(...appOption)
    .option('-f, --follow', 'go on as it comes')
    .option('-n, --tail <lines>', 'how many earlier lines', '100')
    .action(async (options) => (await import('#src/remote/logs.ts')).logs(options, output()));
  const env = program.command('env').description('variables and secrets of an app');
  env
    .command('list')
    .description('names, values of what is no secret, and where each comes from')
    .option(...appOption)
    .action(async (options) => (await import('#src/remote/variables.ts')).listVariables(options, output()));
  env
    .command('set [pairs...]')
    .description('NAME=value …; NAME=- reads the value from standard input')
    .option(...appOption)
    .option('--secret', 'encrypted, never shown again, masked in logs')
    .option('--file <file>', 'every line of a .env file')
    .action(async (pairs, options) =>
      (await import('#src/remote/variables.ts')).setVariables(pairs, options, output()),
    );
  env
    .command('unset <names...>')
    .description('take variables away')
    .option(...appOption)
    .action(async (names, options) =>
      (await import('#src/remote/variables.ts')).unsetVariables(names, options, output()),
    );
  addGraphCommands(program, output);
  program
    .command('rollback [number]')
    .description('go back to an earlier deployment (default: the one before), with its configuration')
    .option(...appOption)
    .action(async (number, options) => (await import('#src/remote/deploy.ts')).rollback(number, options, output()));
  program
    .command('open')
    .description("the app's address, in your browser")
    .option(...appOption)
    .action(async (options) => (await import('#src/remote/spaces.ts')).open(options, output()));
  addEventCommands(program, output);
}

/** For operators. */
function addEventCommands(program: Command, output: () => ReturnType<typeof createOutput>): void {
  const events = program.command('events').description('for operators: how far listeners are, and events they gave up');
  events
    .command('lag')
    .description('how many events each listener has not come to yet')
    .action(async () => (await import('#src/remote/events.ts')).lag(output()));
  events
    .command('dead')
    .description('events that a listener gave up after its last try, the newest 200')
    .action(async () => (await import('#src/remote/events.ts')).dead(output()));
  events
    .command('replay [ids...]')
    .description('let their listeners try them again, from the first try')
    .option('--all', 'all of them')
    .action(async (ids, options) => (await import('#src/remote/events.ts')).replay(ids, options, output()));
  events
    .command('discard [ids...]')
    .description('forget them: what they would have done is never done')
    .option('--all', 'all of them')
    .action(async (ids, options) => (await import('#src/remote/events.ts')).discard(ids, options, output()));
}

function addGraphCommands(program: Command, output: () => Output): void {
  const graph = program.command('graph').description("an app's own fields in the house's GraphQL endpoint");
  const load = () => import('#src/remote/graph.ts');
  graph
    .command('show')
    .description('what the app offers, and how it was taken')
    .option(...appOption)
    .action(async (options) => (await load()).showSubgraph(options, output()));
  graph
    .command('offer')
    .description("offer the app's GraphQL server; offered again, it is asked for its SDL once more")
    .option(...appOption)
    .option('--path <path>', 'where it answers', '/graphql')
    .option('--name <name>', 'with which all that it adds begins (default: made from the short name of the app)')
    .action(async (options) => (await load()).offerSubgraph(options, output()));
  graph
    .command('withdraw')
    .description('take it away again')
    .option(...appOption)
    .action(async (options) => (await load()).withdrawSubgraph(options, output()));
  graph
    .command('list')
    .description('what all apps offer (operators)')
    .action(async () => (await load()).listSubgraphs(output()));
  graph
    .command('allow <name>')
    .description('take in what is offered under this name (operators)')
    .action(async (name) => (await load()).decideSubgraph(name, { allow: true }, output()));
  graph
    .command('deny <name>')
    .description('do not take it in, or not any more (operators)')
    .option('--reason <text>', 'shown to those who build the app')
    .action(async (name, { reason }) => (await load()).decideSubgraph(name, { allow: false, reason }, output()));
}
