import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findParts, findRunning } from '@steading/house/running';
import { Failure } from '#src/failure.ts';
import { buildIfStale } from '#src/local/builds.ts';
import { dataFolder, prepareDataFolder } from '#src/local/data-folder.ts';
import { deployDemo } from '#src/local/demo.ts';
import { runAttached, startDetached, workspaceRoot } from '#src/local/house-process.ts';
import { checkPort } from '#src/local/ports.ts';
import type { Output } from '#src/output.ts';

export interface UpOptions {
  readonly data?: string;
  readonly port: string;
  readonly bind: string;
  readonly httpsPort?: string;
  readonly url?: string;
  readonly appsDomain?: string;
  readonly demo?: boolean;
  readonly foreground?: boolean;
}

/** `steading up`: the whole house on this machine, ready when the command returns. */
export async function up(options: UpOptions, out: Output): Promise<void> {
  checkSystem();
  const port = portNumber(options.port);
  const dataDir = dataFolder(options.data);
  const running = findRunning(dataDir);
  if (running) {
    out.line(`Steading runs already: ${running.url} (data in ${dataDir}).`);
    if (options.demo) return await demo(running.url, onThisMachine(running.localUrl), dataDir, out);
    out.data({ url: running.url, dataDir, alreadyRunning: true });
    return;
  }
  if (findParts(dataDir).length > 0)
    throw new Failure(
      `A house of several processes runs on ${dataDir}. See: steading status. For one process instead: steading down, then steading up`,
    );
  prepareDataFolder(dataDir);
  await checkPort(options.bind, port);
  await buildIfStale(workspaceRoot, out.progress);
  const httpsPort = options.httpsPort === undefined ? undefined : portNumber(options.httpsPort);
  if (httpsPort) await checkPort(options.bind, httpsPort);
  const url = options.url ?? (httpsPort ? `https://localhost:${httpsPort}` : `http://localhost:${port}`);
  const env = {
    STEADING_DATA: dataDir,
    STEADING_HTTP_PORT: String(port),
    STEADING_BIND: options.bind,
    STEADING_PUBLIC_URL: url,
    ...(httpsPort && { STEADING_HTTPS_PORT: String(httpsPort) }),
    ...(options.appsDomain && { STEADING_APPS_DOMAIN: options.appsDomain }),
  };
  if (options.foreground) {
    process.exitCode = await runAttached(env);
    return;
  }
  const local = `http://127.0.0.1:${port}`;
  const began = performance.now();
  await startDetached({ dataDir, url: local, env, tell: out.progress });
  out.progress(`ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  out.settle();
  if (options.demo) return await demo(url, onThisMachine(local), dataDir, out);
  const setupLink = readSetupLink(dataDir);
  out.line(`Steading is up: ${url}`);
  if (setupLink) out.line(`Make the first operator's account (this link works once): ${setupLink}`);
  out.line(`Data: ${dataDir} · stop: steading down · health: steading status`);
  out.data({ url, dataDir, setupLink: setupLink ?? null, alreadyRunning: false });
}

/** A name that needs neither DNS nor a certificate that anybody trusts. */
function onThisMachine(localUrl: string): string {
  return `http://localhost:${new URL(localUrl).port}`;
}

async function demo(url: string, local: string, dataDir: string, out: Output): Promise<void> {
  const setupLink = readSetupLink(dataDir);
  if (!setupLink) {
    out.line(
      'This house has its operator already. To see the demo: sign in, make a space, and deploy examples/hello with steading deploy.',
    );
    out.data({ url, dataDir, alreadyRunning: true });
    return;
  }
  const made = await deployDemo({ url: local, setupLink, root: workspaceRoot, tell: out.progress });
  out.settle();
  out.line(`Steading is up: ${url}`);
  out.line(`The demo app runs: ${made.appUrl}`);
  out.line(`Sign in as ${made.email} with the password ${made.password} (shown once; change it under Account).`);
  out.line(`Data: ${dataDir} · stop: steading down · health: steading status`);
  out.data({ url, dataDir, ...made });
}

function readSetupLink(dataDir: string): string | undefined {
  try {
    return readFileSync(join(dataDir, 'setup-link'), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Failure(`--port ${text}: a port is a whole number from 1 to 65535.`, 'usage');
  return port;
}

function checkSystem(): void {
  const system = `${process.platform}-${process.arch}`;
  if (process.env.DATABASE_URL || ['linux-x64', 'linux-arm64'].includes(system)) return;
  throw new Failure(
    `The embedded PostgreSQL is not made for ${system}. Set DATABASE_URL to a PostgreSQL 16 or newer of your own, then run this again.`,
  );
}
