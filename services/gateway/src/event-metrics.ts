import type { ServiceContext } from '@steading/service';
import { Gauge, type Registry } from 'prom-client';

/** How far listeners of the house are, asked of the ledger when somebody reads the metrics; absent while it is away. */
export function addEventMetrics(registry: Registry, lag: ServiceContext['lag']): void {
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ['consumer'], registers: [registry] });
  const oldest = gauge(
    'steading_events_oldest_seconds',
    'Age of the oldest event that a listener has not come to yet.',
  );
  const waiting = gauge('steading_events_waiting', 'Events that failed and are tried again, with those behind them.');
  const dead = gauge('steading_events_dead_letters', 'Events that a listener gave up.');
  new Gauge({
    name: 'steading_events_behind',
    help: 'Events that a listener has not come to yet; at most 10000.',
    labelNames: ['consumer'],
    registers: [registry],
    // One question for all of them.
    async collect() {
      const lags = await lag().catch(() => []);
      for (const each of [this, oldest, waiting, dead]) each.reset();
      for (const { consumer, ...now } of lags) {
        this.set({ consumer }, now.behind);
        oldest.set({ consumer }, now.oldestSeconds);
        waiting.set({ consumer }, now.waiting);
        dead.set({ consumer }, now.deadLetters);
      }
    },
  });
}
