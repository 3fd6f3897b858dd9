import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import type { Pool } from '@steading/db';

/**
 * Says things again: over PostgreSQL notifications of nothing new, over NATS messages that were carried before, some of
 * them late and without the id by which JetStream would drop them.
 */
export async function startDuplicates(options: {
  pool: Pool;
  natsUrl: string | undefined;
  random: () => number;
}): Promise<{ stop(): Promise<void> }> {
  const { pool, natsUrl, random } = options;
  const stopping = new AbortController();
  const connection = natsUrl && (await connect({ servers: natsUrl, maxReconnectAttempts: -1, reconnectTimeWait: 200 }));
  const carried: { subject: string; data: Uint8Array }[] = [];
  if (connection) {
    connection.subscribe('steading.events.>', {
      callback: (_error, { subject, data, reply }) => {
        // What has somebody waiting for its receipt is an original.
        if (reply) carried.push({ subject, data });
        if (carried.length > 500) carried.shift();
      },
    });
  }
  const saying = (async () => {
    while (!stopping.signal.aborted) {
      const again = carried[Math.floor(random() * carried.length)];
      if (connection && again && !connection.isClosed()) connection.publish(again.subject, again.data);
      if (!connection) await pool.query("select pg_notify('steading_bus', '')");
      await pause(random() * 20);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await saying;
      await (connection || undefined)?.close();
    },
  };
}
