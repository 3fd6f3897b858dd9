import {
  DeliverPolicy,
  type JetStreamClient,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Database } from '@steading/db';
import type { Clock, Log } from '@steading/kit';
import { type Carried, streamName, subjectOf } from '#src/wake/carried.ts';
import { createRelay } from '#src/wake/nats-relay.ts';
import type { Wake } from '#src/wake/postgres-wake.ts';
import type { Tail } from '#src/wake/tail.ts';

const safetyMs = 5_000;
const keptMs = 24 * 3_600_000;
const retryMs = 1_000;

/**
 * Carries events between processes by NATS JetStream: one process's relay publishes the ledger in its order, every
 * process follows the stream. JetStream acknowledges before it syncs, and may be away or empty: whatever does not
 * follow what was seen last is read from the ledger, and so is, every few seconds, whatever nobody announced.
 */
export function createNatsWake(options: {
  url: string;
  connectionString: string;
  db: Database;
  tail: Tail;
  log: Log;
  clock: Clock;
}): Wake {
  const { url, connectionString, db, tail, log, clock } = options;
  const stopping = new AbortController();
  let connection: NatsConnection | undefined;
  const relay = createRelay({ db, connectionString, log, clock, publish });
  let stream: JetStreamClient | undefined;

  async function publish(carried: Carried): Promise<void> {
    if (!stream) throw new Error('NATS is not connected');
    await stream.publish(subjectOf(carried.event), JSON.stringify(carried), {
      msgID: carried.event.id,
      timeout: 3_000,
    });
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        connection ??= await open();
        await ensureStream(connection);
        stream = jetstream(connection);
        const consumer = await stream.consumers.get(streamName, { deliver_policy: DeliverPolicy.New });
        const messages = await consumer.consume({ max_messages: 500 });
        stopping.signal.addEventListener('abort', () => messages.stop(), { once: true });
        tail.wake();
        relay.wake();
        for await (const message of messages) {
          const { event, at, previous } = message.json<Carried>();
          tail.take(event, at, previous);
        }
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ err: error }, 'NATS cannot be followed; events are read from the ledger meanwhile');
        if (connection?.isClosed()) connection = undefined;
      }
      await clock.sleep(retryMs, stopping.signal);
    }
  }

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(safetyMs, stopping.signal);
      tail.wake();
    }
  }

  async function open(): Promise<NatsConnection> {
    return connect({
      servers: url,
      name: 'steading',
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      waitOnFirstConnect: false,
      timeout: 3_000,
    });
  }

  return {
    async start() {
      await relay.start();
      void follow();
      void watch();
    },
    async stop() {
      stopping.abort();
      await relay.stop();
      await connection?.close().catch(() => {});
    },
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
