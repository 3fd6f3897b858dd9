/**
 * The probes of one deployment, through every gateway that is up, and their count: the deployment's trace. A gateway
 * that comes up meanwhile is probed too; one that is not there any more holds nobody up. Requests that found no
 * gateway are not counted: no rollout can lose them.
 */
import type { Clock, Log } from '@steading/kit';
import type { TraceRecord } from '#src/deployments-db.ts';
import type { Edge } from '#src/pipeline/edge-request.ts';
import type { Edges } from '#src/pipeline/edges.ts';
import { addSample, type Prober, type ProberOptions, probeTimes, startProber } from '#src/pipeline/prober.ts';

export interface Probing {
  /** Waits until every gateway that is up sends requests to the generation, or the deadline. */
  reaches(generation: string, deadlineMs: number): Promise<Reach>;
  stop(): Promise<TraceRecord>;
}

export interface Reach {
  /** Every gateway that is there, and at least one. */
  readonly everywhere: boolean;
  /** Gateways that are there and do not send requests to it. */
  readonly missing: readonly string[];
  /** Gateways that said that they are up, and are not there. */
  readonly absent: readonly string[];
}

export interface ProbingOptions {
  readonly edges: Edges;
  readonly host: string;
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** A gateway's requests to an app that never served count from the first that was answered: until then nothing is lost. */
  readonly servesAlready: boolean;
  readonly earlier: TraceRecord | null;
}

/** How often it is asked which gateways are up. */
const lookMs = 500;
const noTrace: TraceRecord = { sent: 0, lost: 0, firstAt: null, lastAt: null, worstMs: 0, samples: [] };

export function startProbing(options: ProbingOptions): Probing {
  const { edges, host, path, clock, log } = options;
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const probers = new Map<string, { edge: Edge; prober: Prober }>();
  const waiters = new Set<() => void>();
  let trace = options.earlier ?? noTrace;
  let looked = false;

  /** For each gateway alone: they learn one after the other that there is an app. */
  function createCount(): ProberOptions['onAnswer'] {
    let countsFromMs = options.servesAlready ? 0 : Number.POSITIVE_INFINITY;
    return (answer, when) => {
      if (answer.ok) countsFromMs = Math.min(countsFromMs, when.startedMs);
      const isSent = answer.edge === 'answered' || answer.edge === 'none';
      if (isSent && when.startedMs >= countsFromMs) trace = addSample(trace, answer, when);
      for (const waiter of waiters) waiter();
    };
  }

  async function look(): Promise<void> {
    const up = await edges.up();
    if (signal.aborted) return;
    looked = true;
    const keyOf = (edge: Edge) => `${edge.id} ${edge.url}`;
    const keys = new Set(up.map(keyOf));
    for (const edge of up) {
      if (probers.has(keyOf(edge))) continue;
      const request = () => edges.request(edge, host, path, probeTimes.timeoutMs);
      probers.set(keyOf(edge), { edge, prober: startProber({ request, clock, signal, onAnswer: createCount() }) });
    }
    for (const [key, { prober }] of probers) {
      if (keys.has(key)) continue;
      probers.delete(key);
      void prober.stop();
    }
  }

  const loop = (async () => {
    while (!signal.aborted) {
      await look().catch((error: unknown) => log.debug({ err: error }, 'it could not be read which gateways are up'));
      await clock.sleep(lookMs, signal);
    }
  })();

  function reach(generation: string): Reach & { readonly settled: boolean } {
    const all = [...probers.values()];
    const absent = all.filter(({ prober }) => prober.isAbsent());
    const missing = all.filter((each) => !absent.includes(each) && !each.prober.reaches(generation));
    const urls = (list: typeof all) => list.map(({ edge }) => edge.url);
    return {
      everywhere: missing.length === 0 && absent.length < all.length,
      missing: urls(missing),
      absent: urls(absent),
      settled: looked && clock.now() >= edges.gatheredMs,
    };
  }

  return {
    async reaches(generation, deadlineMs) {
      for (;;) {
        const { settled, ...found } = reach(generation);
        if (found.everywhere && settled) return found;
        const leftMs = deadlineMs - clock.now();
        if (options.signal.aborted || leftMs <= 0) return { ...found, everywhere: false };
        await nextAnswer(clock, waiters, Math.min(lookMs, leftMs));
      }
    },
    async stop() {
      ended.abort();
      await loop;
      await Promise.all([...probers.values()].map(({ prober }) => prober.stop()));
      return trace;
    },
  };
}

/** Resolves with the next answer, or after `mostMs`. */
function nextAnswer(clock: Clock, waiters: Set<() => void>, mostMs: number): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      timer.cancel();
      waiters.delete(go);
      resolve();
    };
    const timer = clock.after(mostMs, go);
    waiters.add(go);
  });
}
