/**
 * Asks an app through the edge about ten times a second while it is replaced, and keeps count: the deployment's trace.
 * Each request is one that a visitor could have made.
 */
import type { Clock } from '@steading/kit';
import type { TraceRecord } from '#src/deployments-db.ts';
import type { EdgeAnswer, EdgeRequest } from '#src/pipeline/edge-request.ts';

export const probeTimes = { everyMs: 100, timeoutMs: 5000, samples: 300, enough: 5 };

export interface Prober {
  /** True: this many answers in a row came from the generation; false: not before the deadline. */
  reaches(generation: string, deadlineMs: number): Promise<boolean>;
  stop(): Promise<TraceRecord>;
}

export function startProber(options: {
  request: EdgeRequest;
  host: string;
  path: string;
  clock: Clock;
  signal: AbortSignal;
  /** Until the first answer of an app that never served, nobody can lose anything. */
  servesAlready: boolean;
  earlier: TraceRecord | null;
}): Prober {
  const { clock } = options;
  let trace: TraceRecord = options.earlier ?? {
    sent: 0,
    lost: 0,
    firstAt: null,
    lastAt: null,
    worstMs: 0,
    samples: [],
  };
  let counts = options.servesAlready;
  let run = { generation: '', length: 0 };
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const waiters = new Set<() => void>();
  const pending = new Set<Promise<void>>();

  const probe = async () => {
    const startedMs = clock.now();
    const answer = await options.request(options.host, options.path, probeTimes.timeoutMs);
    if (signal.aborted && !answer.ok) return;
    counts ||= answer.ok;
    run =
      answer.generation !== '' && answer.generation === run.generation
        ? { ...run, length: run.length + 1 }
        : { generation: answer.generation, length: 1 };
    if (counts) trace = addSample(trace, answer, { startedMs, ms: clock.now() - startedMs });
    for (const waiter of waiters) waiter();
  };
  const loop = (async () => {
    while (!signal.aborted) {
      const one = probe();
      pending.add(one);
      void one.finally(() => pending.delete(one));
      await clock.sleep(probeTimes.everyMs, signal);
      // At most a few at once: a slow app is not asked ever faster.
      if (pending.size >= 10) await Promise.race([...pending]);
    }
    await Promise.all(pending);
  })();

  return {
    async reaches(generation, deadlineMs) {
      const reached = () => run.generation === generation && run.length >= probeTimes.enough;
      while (!reached()) {
        if (options.signal.aborted || clock.now() >= deadlineMs) return false;
        await nextAnswer(clock, waiters, Math.min(500, Math.max(1, deadlineMs - clock.now())));
      }
      return true;
    },
    async stop() {
      ended.abort();
      await loop;
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

/** A trace with one more request in it. Lost ones are always kept as samples; others until the limit. */
export function addSample(
  trace: TraceRecord,
  answer: EdgeAnswer,
  when: { startedMs: number; ms: number },
): TraceRecord {
  const at = new Date(when.startedMs).toISOString();
  const sample = { at, ok: answer.ok, ms: Math.round(when.ms), generation: answer.generation };
  const room = trace.samples.length < probeTimes.samples;
  const oldestFine = answer.ok ? -1 : trace.samples.findIndex((other) => other.ok);
  const samples = room
    ? [...trace.samples, sample]
    : oldestFine >= 0
      ? [...trace.samples.toSpliced(oldestFine, 1), sample]
      : trace.samples;
  return {
    sent: trace.sent + 1,
    lost: trace.lost + (answer.ok ? 0 : 1),
    firstAt: trace.firstAt ?? at,
    lastAt: at,
    worstMs: Math.max(trace.worstMs, Math.round(when.ms)),
    samples,
  };
}
