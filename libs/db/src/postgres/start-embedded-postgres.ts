import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Log } from '@steading/kit';
import pg from 'pg';
import { placeBinaries } from '#src/postgres/binaries.ts';
import { endEarlierServer } from '#src/postgres/earlier-server.ts';
import { embeddedUrl } from '#src/postgres/embedded-url.ts';
import { serverSettings } from '#src/postgres/settings.ts';

export interface EmbeddedPostgresOptions {
  /** Holds the binaries, `data/`, the socket and the password. Used by one house at a time. */
  readonly dataDir: string;
  readonly log: Log;
  /** The folder of another house's server, whose binaries are used; default: copied into `dataDir`. */
  readonly binariesIn?: string;
  /** False for a database that is thrown away: nothing of it need survive a power cut. Default true. */
  readonly durable?: boolean;
  /** Of all who use it; default 48, which is enough for a house in one process. */
  readonly maxConnections?: number;
  /** Called when the server ends although nobody stopped it. */
  readonly onExit?: () => void;
  /** Begun once the server's process runs: what has to be done anyway, while it reads its files. */
  readonly meanwhile?: () => Promise<void>;
}

export interface EmbeddedPostgres {
  /** With the password: never to be logged. */
  readonly url: string;
  readonly pid: number;
  /** Fast shutdown: open transactions are rolled back, everything committed stays. At most 15 s, then it is killed. */
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root: root's server runs as Debian's `nobody`. */
const nobody = 65_534;
const startTimeoutMs = 60_000;
const stopTimeoutMs = 15_000;
/** A socket's path may have 107 bytes, and PostgreSQL adds `/.s.PGSQL.5432`. */
const maxSocketFolder = 90;

/**
 * Starts a real PostgreSQL over a folder, making its cluster the first time. A server that an earlier, killed house
 * left behind is ended first, so that there are never two on one folder. What was committed survives kill -9 and power
 * loss.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log } = options;
  const owner = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : undefined;
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  if (owner) await chmod(dataDir, 0o711);
  const binaries = await placeBinaries(options.binariesIn ?? dataDir);
  const data = join(dataDir, 'data');
  await endEarlierServer(data, log);
  const password = await readPassword(dataDir);
  if (!(await exists(join(data, 'PG_VERSION')))) await makeCluster({ binaries, data, dataDir, password, owner, log });
  const socketFolder = join(dataDir, 'run');
  await mkdir(socketFolder, { recursive: true, mode: 0o700 });
  if (owner) await chown(socketFolder, owner.uid, owner.gid);
  // Node's `pg` joins the folder and port to a path; only this user (or root) may pass the 0700 folder.
  const overTcp = Buffer.byteLength(socketFolder) > maxSocketFolder;
  const port = overTcp ? await freePort() : 5432;
  const { durable = true, maxConnections = 48 } = options;
  const settings = serverSettings({ socketFolder, port, overTcp, durable, maxConnections });
  await writeFile(join(data, 'steading.conf'), settings, { mode: 0o644 });

  const child = spawn(join(binaries, 'bin', 'postgres'), ['-D', data], {
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { LC_ALL: 'C.UTF-8', LD_LIBRARY_PATH: join(binaries, 'lib'), PATH: '/usr/bin:/bin' },
    detached: true,
    ...owner,
  });
  const said = followOutput(child, log);
  let stopping = false;
  let ended = false;
  const end = new Promise<void>((resolve) =>
    child.once('exit', (code, signal) => {
      ended = true;
      resolve();
      if (!stopping) log.error({ code, signal }, 'PostgreSQL ended');
      if (!stopping && ready) options.onExit?.();
    }),
  );
  let ready = false;
  const url = embeddedUrl({ password, port, ...(!overTcp && { socketFolder }) });
  let isAwaited = false;
  try {
    await options.meanwhile?.();
    isAwaited = true;
    await waitUntilReady(url, () => ended);
  } catch (error) {
    stopping = true;
    child.kill('SIGQUIT');
    // What was done meanwhile failed for reasons of its own.
    if (!isAwaited) throw error;
    throw new Error(explain(said(), error as Error), { cause: error });
  }
  ready = true;
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      stopping = true;
      if (ended) return;
      child.kill('SIGINT');
      const timer = setTimeout(() => child.kill('SIGQUIT'), stopTimeoutMs);
      await end;
      clearTimeout(timer);
    },
  };
}

async function makeCluster(told: {
  binaries: string;
  data: string;
  dataDir: string;
  password: string;
  owner: { uid: number; gid: number } | undefined;
  log: Log;
}): Promise<void> {
  const { binaries, data, dataDir, password, owner, log } = told;
  const fresh = join(dataDir, `data.new`);
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  const passwordFile = join(dataDir, 'initdb-password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (owner) for (const path of [fresh, passwordFile]) await chown(path, owner.uid, owner.gid);
  const args = [
    '-D',
    fresh,
    '-U',
    'steading',
    '--pwfile',
    passwordFile,
    '-A',
    'scram-sha-256',
    '-E',
    'UTF8',
    '--locale-provider=builtin',
    '--locale=C.UTF-8',
    '--no-instructions',
  ];
  const child = spawn(join(binaries, 'bin', 'initdb'), args, {
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { LC_ALL: 'C.UTF-8', LD_LIBRARY_PATH: join(binaries, 'lib'), PATH: '/usr/bin:/bin' },
    ...owner,
  });
  const said = followOutput(child, log.child({}, { level: 'silent' }));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
  await rm(passwordFile, { force: true });
  if (code !== 0) throw new Error(explain(said(), new Error(`initdb ended with ${code}`)));
  await appendFile(join(fresh, 'postgresql.conf'), "\ninclude_if_exists = 'steading.conf'\n");
  await rename(fresh, data);
}

/** The password of the house's database user: made once, in a file that only the house may read. */
async function readPassword(dataDir: string): Promise<string> {
  const file = join(dataDir, 'password');
  try {
    await writeFile(file, randomBytes(24).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFile(file, 'utf8');
}

async function waitUntilReady(url: string, ended: () => boolean): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    if (ended()) throw new Error('PostgreSQL ended while it started');
    try {
      await ensureDatabase(url);
      return;
    } catch (error) {
      const { code } = error as { code?: string };
      const early = ['ECONNREFUSED', 'ENOENT', 'ECONNRESET', '57P03'].includes(code ?? '');
      if (!early || Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const admin = new URL(url.replace('@/', '@localhost/'));
  admin.pathname = '/postgres';
  const client = new pg.Client({
    connectionString: url.includes('@/') ? url.replace('@/steading?', '@/postgres?') : admin.href,
  });
  await client.connect();
  try {
    const { rowCount } = await client.query("select 1 from pg_database where datname = 'steading'");
    if (!rowCount) await client.query('create database steading');
  } finally {
    await client.end();
  }
}

/** Passes the server's lines to the log, and keeps the last ones for an explanation. */
function followOutput(child: ChildProcess, log: Log): () => string {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').filter(Boolean)) {
        lines.push(line);
        if (lines.length > 40) lines.shift();
        log.debug({ part: 'postgres' }, line);
      }
    });
  }
  return () => lines.join('\n');
}

function explain(said: string, error: Error): string {
  if (/No space left on device/i.test(said))
    return 'PostgreSQL cannot start: the disk is full. Free some space, then start again.';
  if (/Permission denied/i.test(said))
    return `PostgreSQL cannot start: it may not read or write its folder. ${said.split('\n').at(-1)}`;
  if (/shared memory|shmget|mmap/i.test(said))
    return `PostgreSQL cannot start: the machine has no memory left for it. ${said.split('\n').at(-1)}`;
  return `PostgreSQL cannot start: ${error.message}.${said ? `\n${said.split('\n').slice(-8).join('\n')}` : ''}`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
