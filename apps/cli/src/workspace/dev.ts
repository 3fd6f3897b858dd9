import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { houseCommand, houseSources } from '@steading/house/command';
import { dataFolder, prepareDataFolder } from '#src/local/data-folder.ts';
import { workspaceRoot } from '#src/local/house-process.ts';
import { checkPort } from '#src/local/ports.ts';
import type { Output } from '#src/output.ts';

/**
 * `steading dev`: the house in this terminal, started again when a source file changes, and the web app built again
 * when its sources change. Its own data folder, so that it never meets a house you rely on.
 */
export async function dev(options: { data?: string; port: string }, out: Output): Promise<void> {
  const dataDir = options.data ? dataFolder(options.data) : join(workspaceRoot, '.cache/dev');
  prepareDataFolder(dataDir);
  await checkPort('127.0.0.1', Number(options.port));
  out.line(`http://localhost:${options.port} · data in ${dataDir} · set-up link in ${join(dataDir, 'setup-link')}`);
  const web = spawn(
    process.execPath,
    [join(workspaceRoot, 'apps/web/node_modules/vite/bin/vite.js'), 'build', '--watch', '--logLevel', 'warn'],
    {
      cwd: join(workspaceRoot, 'apps/web'),
      stdio: 'inherit',
    },
  );
  const house = spawn(process.execPath, houseCommand(['--watch']).with(-1, houseSources), {
    stdio: 'inherit',
    env: {
      ...process.env,
      STEADING_DATA: dataDir,
      STEADING_HTTP_PORT: options.port,
      STEADING_PUBLIC_URL: `http://localhost:${options.port}`,
    },
  });
  const stop = () => {
    web.kill('SIGTERM');
    house.kill('SIGTERM');
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  await new Promise((resolve) => house.once('exit', resolve));
  web.kill('SIGTERM');
}
