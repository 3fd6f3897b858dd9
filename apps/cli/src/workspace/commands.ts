import type { Command } from 'commander';
import { createOutput } from '#src/output.ts';
import { node, run } from '#src/workspace/run.ts';

/** Commands for people who change Steading itself. */
export function addWorkspaceCommands(program: Command): void {
  const output = () => createOutput(program.opts().json === true);
  program.commandsGroup('This checkout:');
  program
    .command('dev')
    .description('the house in this terminal, started again when a file changes')
    .option('--data <folder>', 'default: .cache/dev in the checkout')
    .option('--port <port>', 'port for people and apps', '4601')
    .action(async (options) => (await import('#src/workspace/dev.ts')).dev(options, output()));
  program
    .command('check')
    .description('format, lint, types, invariants, generated files, unused code')
    .option('--fix', 'mend what can be mended: format, and write generated files')
    .action(async (options) => (await import('#src/workspace/check.ts')).check(options, output()));
  program
    .command('test [paths...]')
    .description('every test with its real engines, the browser included; or those under some paths')
    .option('--long', 'the full lengths of what an ordinary run only samples: an hour or more')
    .action(async (paths, { long }) =>
      (await import('#src/workspace/test.ts')).test(paths, { long: long === true, out: output() }),
    );
  program
    .command('generate')
    .description('write what is committed and follows from the code: RPC code, schema dumps, SDL, the page of errors')
    .action(async () => {
      process.exitCode = (await run(node('tools/src/generated/generate.ts', '--write'), { show: true })).code;
    });
}
