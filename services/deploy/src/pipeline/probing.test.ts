import { createLog, systemClock } from '@steading/kit';
import { afterEach, expect, test } from 'vitest';
import type { Edge, EdgeAnswer } from '#src/pipeline/edge-request.ts';
import { addSample, probeTimes } from '#src/pipeline/prober.ts';
import { type Probing, startProbing } from '#src/pipeline/probing.ts';

const empty = { sent: 0, lost: 0, firstAt: null, lastAt: null, worstMs: 0, samples: [] };
const left: Edge = { id: 'edg_left', url: 'http://10.0.0.2:4600' };
const right: Edge = { id: 'edg_right', url: 'http://10.0.0.3:4600' };
const served = (generation: string): EdgeAnswer => ({ ok: generation !== '', generation, edge: 'answered' });
const nowhere = (edge: EdgeAnswer['edge']): EdgeAnswer => ({ ok: false, generation: '', edge });
let probing: Probing;
afterEach(() => probing?.stop());

/** Probes through gateways that answer as the test says; `up` may change while it goes on. */
function start(options: { up: Edge[]; answer: (edge: Edge) => EdgeAnswer; servesAlready?: boolean }): Probing {
  probing = startProbing({
    edges: {
      up: async () => [...options.up],
      request: async (edge) => options.answer(edge),
      gatheredMs: 0,
    },
    host: 'web.localhost',
    path: '/',
    clock: systemClock,
    log: createLog({ level: 'silent' }),
    signal: AbortSignal.timeout(20_000),
    servesAlready: options.servesAlready ?? true,
    earlier: null,
  });
  return probing;
}
const soon = (ms: number) => Date.now() + ms;

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
  start({ up: [left], answer: () => served(answers[asked++] ?? 'new'), servesAlready: false });
  expect(await probing.reaches('new', soon(15_000))).toEqual({ everywhere: true, missing: [], absent: [] });
  expect(asked).toBeGreaterThanOrEqual(4 + probeTimes.enough);
  expect(await probing.stop()).toMatchObject({ lost: 0 });
});

test('a gateway that learns of a new app after the others has lost nothing, but does once it answered', async () => {
  let asked = 0;
  const late = ['', '', '', '', 'new', '', 'new'];
  start({
    up: [left, right],
    servesAlready: false,
    answer: (edge) => served(edge === left ? 'new' : (late[asked++] ?? 'new')),
  });
  expect((await probing.reaches('new', soon(15_000))).everywhere).toBe(true);
  expect(await probing.stop()).toMatchObject({ lost: 1 });
});

test('a deadline ends the wait, and who did not come along is named', async () => {
  start({ up: [left, right], answer: (edge) => served(edge === left ? 'new' : 'old') });
  expect(await probing.reaches('new', soon(1_500))).toEqual({ everywhere: false, missing: [right.url], absent: [] });
  expect((await probing.stop()).sent).toBeGreaterThan(0);
});

test.each(['refused', 'other'] as const)(
  'a gateway that is not there (%s) is left out, and loses nothing',
  async (edge) => {
    start({ up: [left, right], answer: (asked) => (asked === left ? served('new') : nowhere(edge)) });
    expect(await probing.reaches('new', soon(15_000))).toEqual({ everywhere: true, missing: [], absent: [right.url] });
    expect(await probing.stop()).toMatchObject({ lost: 0 });
  },
);

test('where no gateway is there, nothing is reached', async () => {
  start({ up: [left], answer: () => nowhere('refused') });
  expect(await probing.reaches('new', soon(2_500))).toMatchObject({ everywhere: false, absent: [left.url] });
});

test('a gateway that comes up meanwhile is waited for, one that leaves is not', async () => {
  const up = [left];
  let old = true;
  start({ up, answer: (edge) => served(edge === right && old ? 'old' : 'new') });
  expect((await probing.reaches('new', soon(15_000))).everywhere).toBe(true);
  up.push(right);
  const passed = async () => (await probing.reaches('new', soon(1))).everywhere;
  while (await passed()) await systemClock.sleep(20);
  const again = probing.reaches('new', soon(15_000));
  old = false;
  expect((await again).everywhere).toBe(true);
  old = true;
  while (await passed()) await systemClock.sleep(20);
  up.pop();
  expect((await probing.reaches('new', soon(15_000))).everywhere).toBe(true);
});
