import {
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Database } from '@steading/db';
import type { Clock, Log, Timer } from '@steading/kit';
import { type Carried, streamName, subjectOf } from '#src/wake/carried.ts';
import { createRelay } from '#src/wake/nats-relay.ts';
import type { Wake } from '#src/wake/postgres-wake.ts';
import type { Tail } from '#src/wake/tail.ts';

const safetyMs = 5_000;
/** So long after PostgreSQL said that something was told, the ledger is read for what NATS did not bring. */
const overdueMs = 250;
const keptMs = 24 * 3_600_000;
const retryMs = 1_000;
/** Of what NATS takes as one message, for its headers. */
const headerBytes = 4_096;

/**
 * Carries events between processes by NATS JetStream: one process's relay publishes the ledger in its order, every
 * process follows the stream. JetStream acknowledges before it syncs, and may be away or empty: whatever does not
 * follow what was seen last is read from the ledger, and so is what PostgreSQL announced and NATS did not bring (it is
 * away, or the process died that was publishing), and, every few seconds, whatever nobody announced.
 */
export function createNatsWake(options: {
  url: string;
  connectionString: string;
  db: Database;
  tail: Tail;
  wakeListener: (consumer: string | undefined) => void;
  log: Log;
  clock: Clock;
}): Wake {
  const { url, connectionString, db, tail, wakeListener, log, clock } = options;
  const stopping = new AbortController();
  let connection: NatsConnection | undefined;
  const relay = createRelay({ db, connectionString, log, clock, publish, wakeListener, onTold });
  let overdue: Timer | undefined;
  let stream: JetStreamClient | undefined;
  let messages: ConsumerMessages | undefined;
  stopping.signal.addEventListener('abort', () => messages?.stop(), { once: true });

  function onTold(): void {
    overdue ??= clock.after(overdueMs, () => {
      overdue = undefined;
      tail.wake();
    });
  }

  async function publish(carried: Carried): Promise<void> {
    if (!stream || !connection || !carried.event) throw new Error('NATS is not connected');
    const { event, ...places } = carried;
    const whole = JSON.stringify(carried);
    const most = (connection.info?.max_payload ?? 1_048_576) - headerBytes;
    const text = Buffer.byteLength(whole) > most ? JSON.stringify(places) : whole;
    try {
      await stream.publish(subjectOf(event), text, { msgID: event.id, timeout: 3_000 });
    } catch (error) {
      // The stream may be gone with the server's store: following anew makes it again.
      messages?.stop();
      throw error;
    }
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        connection ??= await open();
        await ensureStream(connection);
        stream = jetstream(connection);
        const consumer = await stream.consumers.get(streamName, { deliver_policy: DeliverPolicy.New });
        messages = await consumer.consume({ max_messages: 500 });
        if (stopping.signal.aborted) messages.stop();
        tail.wake();
        relay.wake();
        for await (const message of messages) tail.take(message.json<Carried>());
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ err: error }, 'NATS cannot be followed; events are read from the ledger meanwhile');
        if (connection?.isClosed()) connection = undefined;
      }
      await clock.sleep(retryMs, stopping.signal);
    }
  }

  /** A server that comes back may have another store, or none: what was followed there is followed anew. */
  async function followAnewAfterLoss(opened: NatsConnection): Promise<void> {
    for await (const { type } of opened.status()) if (type === 'reconnect') messages?.stop();
  }

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(safetyMs, stopping.signal);
      tail.wake();
    }
  }

  async function open(): Promise<NatsConnection> {
    const opened = await connect({
      ...addressOf(url),
      name: 'steading',
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      waitOnFirstConnect: false,
      timeout: 3_000,
    });
    void followAnewAfterLoss(opened);
    return opened;
  }

  return {
    async start() {
      await relay.start();
      void follow();
      void watch();
    },
    async stop() {
      stopping.abort();
      overdue?.cancel();
      await relay.stop();
      await connection?.close().catch(() => {});
    },
  };
}

/** The client reads no user and password out of an address. */
function addressOf(url: string): { servers: string; user?: string; pass?: string } {
  const { host, username, password } = new URL(url);
  return {
    servers: host,
    ...(username && { user: decodeURIComponent(username) }),
    ...(password && { pass: decodeURIComponent(password) }),
  };
}

/** Made when it is missing: also after its store was thrown away. */
async function ensureStream(connection: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(connection);
  try {
    await manager.streams.info(streamName);
  } catch {
    await manager.streams.add({
      name: streamName,
      subjects: ['steading.events.>'],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      max_age: keptMs * 1_000_000,
      duplicate_window: 120_000 * 1_000_000,
    });
  }
}
