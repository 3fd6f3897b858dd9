import { startEmbeddedPostgres } from '@steading/db';
import type { Clock, Log } from '@steading/kit';

/** Keeps the embedded PostgreSQL up: when it dies it is started again, sooner at first, later if it keeps dying. */
export interface KeptPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

const restartDelaysMs = [100, 500, 2_000, 5_000, 15_000];
/** A server that stayed up for this long has earned a quick restart again. */
const steadyMs = 60_000;

export async function keepPostgres(options: { dataDir: string; log: Log; clock: Clock }): Promise<KeptPostgres> {
  const { dataDir, log, clock } = options;
  let stopping = false;
  let failures = 0;
  let startedAt = clock.now();
  let current = await start();

  function start() {
    startedAt = clock.now();
    return startEmbeddedPostgres({ dataDir, log, onExit: () => void restart() });
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
