/**
 * A histogram of one label for what is observed several times in every request: a look-up and an addition, where
 * prom-client's own makes a key of its labels each time (a microsecond). It stands in prom-client's registry like any
 * other and is written out by it.
 */
import type { Metric, Registry } from 'prom-client';

export interface SecondsHistogram {
  observe(label: string, ms: number): void;
}

export interface SecondsHistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  /** What comes after this many labels is counted under `other`. */
  readonly maxLabels: number;
  readonly registry: Registry;
}

const bounds = [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

interface Counts {
  /** By bucket, each for itself; the last is what is above all bounds. */
  readonly buckets: Float64Array;
  sumMs: number;
}

export function createSecondsHistogram(options: SecondsHistogramOptions): SecondsHistogram {
  const { name, help, label, maxLabels, registry } = options;
  const byLabel = new Map<string, Counts>();

  function countsOf(value: string): Counts {
    const key = byLabel.has(value) || byLabel.size < maxLabels ? value : 'other';
    let counts = byLabel.get(key);
    if (!counts) byLabel.set(key, (counts = { buckets: new Float64Array(bounds.length + 1), sumMs: 0 }));
    return counts;
  }

  const metric = {
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    get: async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: valuesOf(name, label, byLabel) }),
    reset: () => byLabel.clear(),
  };
  registry.registerMetric(metric as unknown as Metric);

  return {
    observe(value, ms) {
      const counts = byLabel.get(value) ?? countsOf(value);
      let bucket = 0;
      while (bucket < bounds.length && ms > bounds[bucket]!) bucket++;
      counts.buckets[bucket]! += 1;
      counts.sumMs += ms;
    },
  };
}

/** As Prometheus has them: each bucket holds all that is below its bound. */
function valuesOf(name: string, label: string, byLabel: ReadonlyMap<string, Counts>) {
  return [...byLabel].flatMap(([value, { buckets, sumMs }]) => {
    const labels = { [label]: value };
    let below = 0;
    const lines = [...buckets].map((count, index) => {
      below += count;
      const le = index < bounds.length ? bounds[index]! / 1000 : '+Inf';
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: below };
    });
    const sum = { metricName: `${name}_sum`, labels, value: sumMs / 1000 };
    return [...lines, sum, { metricName: `${name}_count`, labels, value: below }];
  });
}
