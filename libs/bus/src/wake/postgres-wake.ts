import type { Clock, Log, Timer } from '@steading/kit';
import pg from 'pg';

/** Calls `wake` when another transaction told something: LISTEN on one connection of its own, opened again when lost. */
export interface Wake {
  start(): Promise<void>;
  stop(): Promise<void>;
}

const reconnectMs = 500;
/** In case a notification is missed in a way nobody thought of: rest costs one query in this time. */
const safetyMs = 20_000;

export function createPostgresWake(options: {
  connectionString: string;
  /** Something was told; or a listener has something to do, which need not be in this process. */
  wake: (consumer?: string) => void;
  /** Called when it listens, the first time and after each loss: what was said meanwhile was not heard. */
  listening?: () => void;
  log: Log;
  clock: Clock;
}): Wake {
  const { connectionString, wake, listening, log, clock } = options;
  let client: pg.Client | undefined;
  let timer: Timer | undefined;
  let safety: Timer | undefined;
  let stopped = false;

  async function connect(): Promise<void> {
    const fresh = new pg.Client({ connectionString, application_name: 'steading-events', keepAlive: true });
    fresh.on('notification', ({ payload }) => wake(payload || undefined));
    fresh.on('error', () => {});
    fresh.once('end', () => {
      // One that never came up is tried again by whoever opened it: twice would double the tries each time.
      if (stopped || client !== fresh) return;
      log.warn('the connection for events was lost; opening another');
      timer = clock.after(reconnectMs, () => void reconnect());
    });
    try {
      await fresh.connect();
      await fresh.query('listen steading_bus');
    } catch (error) {
      void fresh.end().catch(() => {});
      throw error;
    }
    client = fresh;
    wake();
    listening?.();
  }

  async function reconnect(): Promise<void> {
    try {
      await connect();
    } catch (error) {
      log.debug({ err: error }, 'no connection for events yet');
      if (!stopped) timer = clock.after(reconnectMs, () => void reconnect());
    }
  }

  function watch(): void {
    safety = clock.after(safetyMs, () => {
      wake();
      if (!stopped) watch();
    });
  }

  return {
    async start() {
      await connect();
      watch();
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      safety?.cancel();
      await client?.end().catch(() => {});
    },
  };
}
