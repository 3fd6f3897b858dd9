import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@steading/acceptance';
import { houseCommand } from '@steading/house/command';
import { exitHandedOver } from '@steading/house/running';
import { waitFor } from '@steading/testkit';

/** A house as an operator runs it: its own folder, the embedded PostgreSQL, the process runtime; with further settings. */
export async function startHouse(
  settings: Readonly<Record<string, string>> = {},
  /** For a look inside: `--inspect=127.0.0.1:<port>`. */
  nodeArgs: readonly string[] = [],
) {
  const dataDir = mkdtempSync(join(tmpdir(), 'steading-replace-'));
  chmodSync(dataDir, 0o711);
  const [port = 0, tlsPort = 0] = await freePorts(2);
  const url = `http://localhost:${port}`;
  const logFile = join(dataDir, 'house.log');
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, houseCommand(nodeArgs), {
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '/tmp',
      NODE_ENV: 'production',
      STEADING_DATA: dataDir,
      STEADING_HTTP_PORT: String(port),
      STEADING_HTTPS_PORT: String(tlsPort),
      STEADING_PUBLIC_URL: url,
      STEADING_BIND: '127.0.0.1',
      STEADING_LOG_LEVEL: 'warn',
      STEADING_ALLOW_INTERNAL_SOURCES: 'true',
      STEADING_ALLOW_INSECURE_SOURCES: 'true',
      // What is measured is replacing, not the limits on how often one may.
      STEADING_DEPLOY_STARTS_PER_MINUTE: '600',
      STEADING_REQUESTS_PER_MINUTE: '1000000',
      STEADING_ADDRESS_PER_MINUTE: '1000000',
      ...settings,
    },
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const logText = () => readFileSync(logFile, 'utf8');
  const ready = async () => {
    if (child.exitCode !== null && child.exitCode !== exitHandedOver)
      throw new Error(`the house ended:\n${logText().slice(-3000)}`);
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  };
  await waitFor('the house to be ready', ready, { timeoutMs: 90_000, everyMs: 100 });
  const ca = await (await fetch(`http://127.0.0.1:${port}/house-root.pem`)).text();
  const running = () => JSON.parse(readFileSync(join(dataDir, 'house.json'), 'utf8')) as { pid: number };
  const link = await waitFor('the set-up link', () => readFileSync(join(dataDir, 'setup-link'), 'utf8').trim());
  return {
    url,
    port,
    pid: child.pid!,
    tlsPort,
    ca,
    logText,
    /** Lets the house make way for a successor, as `steading restart` does; resolves with the seconds until it is ready. */
    async restart() {
      const began = performance.now();
      const { pid } = running();
      process.kill(pid, 'SIGUSR2');
      const isNew = async () => existsSync(join(dataDir, 'house.json')) && running().pid !== pid && (await ready());
      await waitFor('the successor', isNew, { timeoutMs: 60_000, everyMs: 20 });
      return (performance.now() - began) / 1000;
    },
    setupToken: new URL(link).hash.slice(1),
    async stop() {
      const { pid } = running();
      process.kill(pid, 'SIGTERM');
      await ended;
      await waitFor('the house to end', () => !existsSync(join(dataDir, 'house.json')), { timeoutMs: 60_000 });
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
