import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { workspaceRoot } from '#src/local/house-process.ts';
import { createOutput } from '#src/output.ts';

const dataOption = [
  '--data <folder>',
  'the folder that holds everything (default: /var/lib/steading as root, else ~/.local/share/steading)',
] as const;

/** Commands about the house on this machine. */
export function addLocalCommands(program: Command): void {
  const output = () => createOutput(program.opts().json === true);
  program.commandsGroup('This machine:');

  program
    .command('up')
    .description('start the whole house and print where to go')
    .option(...dataOption)
    .option('--port <port>', 'port for people and apps', process.env.STEADING_HTTP_PORT ?? '4600')
    .option(
      '--bind <address>',
      'address to listen on; 0.0.0.0 for every network',
      process.env.STEADING_BIND ?? '127.0.0.1',
    )
    .option(
      '--https-port <port>',
      'also TLS and HTTP/2 there, by STEADING_TLS_CERTIFICATE and STEADING_TLS_KEY or an authority of its own',
    )
    .option('--url <url>', 'where people reach the house, when that is not http://localhost:<port>')
    .option('--apps-domain <domain>', 'apps get <app>-<project>.<domain>; a wildcard DNS record must point here')
    .option('--demo', 'also make a demo space with an example app, deployed')
    .option('--foreground', 'stay in this terminal (for systemd and containers)')
    .action(async (options) => (await import('#src/local/up.ts')).up(options, output()));

  program
    .command('down')
    .description('stop the house; its data stays')
    .option(...dataOption)
    .action(async (options) => (await import('#src/local/status.ts')).down(options, output()));

  program
    .command('restart [services...]')
    .description('start the house anew, with the settings it has: connections wait meanwhile, apps go on')
    .option(...dataOption)
    .action(async (services, options) => (await import('#src/local/status.ts')).restart(services, options, output()));

  program
    .command('status')
    .description('whether the house runs, and how its services are')
    .option(...dataOption)
    .action(async (options) => (await import('#src/local/status.ts')).status(options, output()));

  program
    .command('doctor')
    .description('look for what is wrong and say how to mend it')
    .option(...dataOption)
    .option('--port <port>', 'the port the house should listen on', '4600')
    .action(async (options) => (await import('#src/local/doctor/doctor.ts')).doctor(options, output()));

  program
    .command('serve <services...>')
    .description(
      'run only these services in this process, for a house of several; settings come from STEADING_… variables',
    )
    .option(...dataOption)
    .option('--door <host:port>', 'where the other processes of the house reach this one')
    .option('--peers <list>', 'where they are: identity=http://10.0.0.2:4700,forest=…')
    .option('--nats <url>', 'NATS JetStream for events (default: PostgreSQL)')
    .action(async (services, options) => (await import('#src/local/serve.ts')).serve(services, options));

  program
    .command('backup [action] [name]')
    .description(
      'now (the default): save the whole house, encrypted; key: make the recovery key, once; list; verify: restore one into a scratch database and compare',
    )
    .option(...dataOption)
    .option('--to <place>', 'a folder, best on another disk, or s3://bucket/prefix (default: STEADING_BACKUP_TO)')
    .option('--recovery-key-file <file>', 'with verify: for a back-up of another house; - for standard input')
    .option('--out <file>', 'with key: write the secret half there instead of showing it')
    .option('--replace', 'with key: make another one although there is one')
    .action(async (action = 'now', name, options) =>
      (await import('#src/local/backup.ts')).backup(action, name, options, output()),
    );

  program
    .command('restore <backup>')
    .description('make a house of a back-up, in an empty folder and an empty database')
    .option(...dataOption)
    .option('--from <place>', 'where it lies, unless <backup> is a path (default: STEADING_BACKUP_TO)')
    .option('--recovery-key-file <file>', 'the recovery key; - for standard input (or STEADING_RECOVERY_KEY)')
    .option('--keep-sign-ins', 'leave sessions and tokens as they were: only if none was ended since')
    .option(
      '--database-only',
      'only the rows, into a folder whose database was moved away: to go back behind an upgrade',
    )
    .action(async (name, options) => (await import('#src/local/restore.ts')).restore(name, options, output()));

  program
    .command('audit <action>')
    .description('verify: recompute the hash chain of the audit trail of the house you are signed in to')
    .action(async (action) => (await import('#src/local/audit.ts')).verifyAudit(action, output()));

  program
    .command('version')
    .description('the version of this checkout')
    .action(() => {
      const { version } = JSON.parse(readFileSync(join(workspaceRoot, 'package.json'), 'utf8')) as { version: string };
      output().line(version);
      output().data({ version });
    });
}
