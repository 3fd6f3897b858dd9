/**
 * Asks an app through one gateway about ten times a second while it is replaced. Each request is one that a visitor
 * could have made.
 */
import type { Clock } from '@steading/kit';
import type { TraceRecord } from '#src/deployments-db.ts';
import type { EdgeAnswer } from '#src/pipeline/edge-request.ts';

export const probeTimes = {
  everyMs: 100,
  timeoutMs: 5000,
  samples: 300,
  /** Answers in a row that mean that a generation is reached. */
  enough: 5,
  /** Connections refused, or taken by another gateway, for so long: it is not there. */
  refusedMs: 1_500,
  /** No answer for so long: it is not there for anybody. */
  silentMs: 10_000,
};

export interface Prober {
  /** As many answers in a row as are enough came from this generation. */
  reaches(generation: string): boolean;
  /** The gateway is not there: nobody is answered by it. */
  isAbsent(): boolean;
  stop(): Promise<void>;
}

export interface ProberOptions {
  readonly request: () => Promise<EdgeAnswer>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onAnswer: (answer: EdgeAnswer, when: { startedMs: number; ms: number }) => void;
}

export function startProber({ request, clock, signal: given, onAnswer }: ProberOptions): Prober {
  let run = { generation: '', length: 0 };
  /** Since when there was no answer, and since when not even a connection. */
  let silentSinceMs = clock.now();
  let refusedSinceMs: number | undefined;
  const ended = new AbortController();
  const signal = AbortSignal.any([given, ended.signal]);
  const pending = new Set<Promise<void>>();

  const probe = async () => {
    const startedMs = clock.now();
    const answer = await request();
    if (signal.aborted && !answer.ok) return;
    const { generation } = answer;
    run =
      generation !== '' && generation === run.generation
        ? { generation, length: run.length + 1 }
        : { generation, length: 1 };
    if (answer.edge === 'answered') silentSinceMs = Math.max(silentSinceMs, startedMs);
    if (answer.edge === 'refused' || answer.edge === 'other') refusedSinceMs ??= startedMs;
    else refusedSinceMs = undefined;
    onAnswer(answer, { startedMs, ms: clock.now() - startedMs });
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
    reaches: (generation) => run.generation === generation && run.length >= probeTimes.enough,
    isAbsent() {
      const now = clock.now();
      return (
        (refusedSinceMs !== undefined && now - refusedSinceMs >= probeTimes.refusedMs) ||
        now - silentSinceMs >= probeTimes.silentMs
      );
    },
    async stop() {
      ended.abort();
      await loop;
    },
  };
}

/** A trace with one more request in it. Lost ones are always kept as samples; others until the limit. */
export function addSample(
  trace: TraceRecord,
  answer: Pick<EdgeAnswer, 'ok' | 'generation'>,
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
