import { readSecretFiles } from '@steading/house/secret-files';
import { Command, CommanderError } from 'commander';
import { exitCodes, Failure } from '#src/failure.ts';
import { addLocalCommands } from '#src/local/commands.ts';
import { createOutput } from '#src/output.ts';
import { addRemoteCommands } from '#src/remote/commands.ts';
import { addWorkspaceCommands } from '#src/workspace/commands.ts';

/** The `steading` command: the house on this machine, the house you are signed in to, and this checkout. */
const program = new Command('steading')
  .description("A community's own cloud: people, spaces and running apps on your own hardware.")
  .option('--json', 'answer in JSON on standard output')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .helpCommand('help [command]', 'what a command does, with every option')
  .showHelpAfterError('(steading help lists every command)');

// Whoever reads this through `head` has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.done);
  throw error;
});

addLocalCommands(program);
addRemoteCommands(program);
addWorkspaceCommands(program);

try {
  readSecretFiles(process.env);
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const out = createOutput(program.opts().json === true);
  out.settle();
  if (error instanceof Failure) {
    out.data({ error: { code: error.code, message: error.message } });
    if (!out.json) process.stderr.write(`steading: ${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`steading: this should not happen: ${error instanceof Error ? error.stack : String(error)}\n`);
  return exitCodes.failed;
}
