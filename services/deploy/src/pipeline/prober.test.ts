import { systemClock } from '@steading/kit';
import { expect, test } from 'vitest';
import { addSample, probeTimes, startProber } from '#src/pipeline/prober.ts';

const empty = { sent: 0, lost: 0, firstAt: null, lastAt: null, worstMs: 0, samples: [] };

test('a trace counts every request and keeps the lost ones when there are too many to keep', () => {
  let trace = addSample(empty, { ok: false, generation: '' }, { startedMs: 0, ms: 7 });
  for (let i = 0; i < probeTimes.samples * 2; i++)
    trace = addSample(trace, { ok: true, generation: 'a' }, { startedMs: i, ms: 1 });
  trace = addSample(trace, { ok: false, generation: '' }, { startedMs: 9, ms: 3 });
  expect(trace).toMatchObject({ sent: probeTimes.samples * 2 + 2, lost: 2, worstMs: 7 });
  expect(trace.samples).toHaveLength(probeTimes.samples);
  expect(trace.samples.filter((sample) => !sample.ok)).toHaveLength(2);
});

test('nothing is lost before an app ever served, and one answer among others does not mean that it is reached', async () => {
  const answers = ['', '', 'new', 'old', 'new'];
  let asked = 0;
  const prober = startProber({
    request: async () => {
      const generation = answers[asked++] ?? 'new';
      return { ok: generation !== '', generation };
    },
    host: 'web.localhost',
    path: '/',
    clock: systemClock,
    signal: AbortSignal.timeout(10_000),
    servesAlready: false,
    earlier: null,
  });
  expect(await prober.reaches('new', Date.now() + 5000)).toBe(true);
  expect(asked).toBeGreaterThanOrEqual(4 + probeTimes.enough);
  expect(await prober.stop()).toMatchObject({ lost: 0 });
});

test('a deadline ends the wait', async () => {
  const prober = startProber({
    request: async () => ({ ok: true, generation: 'old' }),
    host: 'web.localhost',
    path: '/',
    clock: systemClock,
    signal: AbortSignal.timeout(10_000),
    servesAlready: true,
    earlier: null,
  });
  expect(await prober.reaches('new', Date.now() + 300)).toBe(false);
  expect((await prober.stop()).sent).toBeGreaterThan(0);
});
