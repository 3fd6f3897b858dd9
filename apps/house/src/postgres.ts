import { createPool, type EmbeddedPostgresOptions, startEmbeddedPostgres } from '@steading/db';
import type { Clock, Log } from '@steading/kit';

/** Keeps the embedded PostgreSQL up: when it dies it is started again, sooner at first, later if it keeps dying. */
export interface KeptPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

const restartDelaysMs = [100, 500, 2_000, 5_000, 15_000];
/** A server that stayed up for this long has earned a quick restart again. */
const steadyMs = 60_000;

export async function keepPostgres(options: {
  dataDir: string;
  log: Log;
  clock: Clock;
  /** Done while it starts for the first time. */
  meanwhile: () => Promise<void>;
}): Promise<KeptPostgres> {
  const { dataDir, log, clock, meanwhile } = options;
  let stopping = false;
  let failures = 0;
  let startedAt = clock.now();
  let current = await start({ meanwhile });

  function start(more: Pick<EmbeddedPostgresOptions, 'meanwhile'> = {}) {
    startedAt = clock.now();
    return startEmbeddedPostgres({ dataDir, log, onExit: () => void restart(), ...more });
  }

  async function restart(): Promise<void> {
    if (stopping) return;
    if (clock.now() - startedAt > steadyMs) failures = 0;
    const delayMs = restartDelaysMs[Math.min(failures++, restartDelaysMs.length - 1)] ?? 15_000;
    log.error({ delayMs }, 'PostgreSQL stopped by itself; starting it again');
    await clock.sleep(delayMs);
    if (stopping) return;
    try {
      current = await start();
    } catch (error) {
      log.error({ err: error }, 'PostgreSQL could not be started');
      void restart();
    }
  }

  return {
    get url() {
      return current.url;
    },
    async stop() {
      stopping = true;
      await current.stop();
    },
  };
}

const oldestMajor = 16;

/** Looks at the PostgreSQL that the operator named; fails with one sentence that says what to do. */
export async function checkOwnPostgres(url: string, log: Log): Promise<void> {
  const pool = createPool({ url, max: 1, log });
  try {
    const { rows } = await pool.query<{ major: number; mayCreate: boolean }>(
      `select current_setting('server_version_num')::int / 10000 as major,
         has_database_privilege(current_database(), 'create') as "mayCreate"`,
    );
    const found = rows[0];
    if (found && found.major < oldestMajor)
      throw new Error(`it is version ${found.major}, and ${oldestMajor} is the oldest that works: upgrade it`);
    if (found && !found.mayCreate) throw new Error('its user may not create schemas: grant create on the database');
  } catch (error) {
    throw new Error(
      `The PostgreSQL of DATABASE_URL cannot be used: ${(error as Error).message || 'no answer'}. Check that it is up, and that the address, user and password are right.`,
      { cause: error },
    );
  } finally {
    await pool.end();
  }
}
