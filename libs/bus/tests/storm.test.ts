import { byLength } from '@steading/testkit/length';
import { describe, expect, test } from 'vitest';
import { judge } from './storm/judge.ts';
import { type Fault, runStorm, type Storm } from './storm/storm.ts';

/**
 * Nothing is lost, nothing takes effect twice and each key stays in order, whatever is killed when. The quick form has
 * all faults at once over some hundred events; the long form each fault by itself, and all, over ten thousand.
 */
const everywhere: readonly Fault[] = ['publisher', 'consumer', 'late commits', 'duplicates'];
const overNats: readonly Fault[] = ['relay', 'nats', 'lost store'];
const all = { postgres: everywhere, nats: [...everywhere, ...overNats] };
const events = byLength({ quick: 200, long: 10_000 });
const timeout = byLength({ quick: 120_000, long: 900_000 });
const kept = { lost: 0, twice: 0, disordered: 0, invented: 0 };

async function storm(options: Omit<Storm, 'seed'>) {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const report = await runStorm({ ...options, seed });
  const text = `over ${options.kind}, ${options.faults.join(' + ')}, seed ${seed}: ${JSON.stringify(report)}`;
  console.log(options.defect ? `${options.defect}: ${text}` : text);
  return report;
}

for (const kind of ['postgres', 'nats'] as const) {
  const alone = byLength<readonly Fault[]>({ quick: [], long: all[kind] });
  describe(`a storm over ${kind}`, () => {
    test.each([...alone.map((fault) => ({ faults: [fault] })), { faults: all[kind] }])(
      'of $faults',
      { timeout },
      async ({ faults }) => {
        const report = await storm({ kind, faults, events });
        expect(report).toMatchObject(kept);
        expect(report.told).toBeGreaterThanOrEqual(events);
      },
    );
  });
}

describe('a bus that is broken on purpose is found out', () => {
  test('when it reads past transactions that still run', { timeout }, async () => {
    const report = await storm({
      ...{ kind: 'postgres', faults: ['late commits'], events: 150 },
      defect: 'reads-past-running-transactions',
    });
    expect(report.lost).toBeGreaterThan(0);
  });
  test('when it commits effects apart from the mark that they happened', { timeout }, async () => {
    const report = await storm({
      ...{ kind: 'postgres', faults: ['consumer'], events: 150 },
      defect: 'commits-effects-on-their-own',
    });
    expect(report.twice).toBeGreaterThan(0);
  });
  test('when it lets later events pass one that waits', { timeout }, async () => {
    const report = await storm({
      ...{ kind: 'postgres', faults: [], events: 300 },
      defect: 'lets-later-ones-pass',
    });
    expect(report.disordered).toBeGreaterThan(0);
  });
});

test('the judge counts what is lost, twice, out of order and invented', () => {
  const effect = (n: number, key = 'k') => ({ consumer: 'c', key, n });
  const of = (...effects: ReturnType<typeof effect>[]) =>
    judge({ consumers: ['c'], told: new Map([['k', 3]]), effects, outOfTurn: new Set() });
  expect(of(effect(1), effect(2), effect(3))).toEqual({ ...kept, told: 3 });
  expect(of(effect(1), effect(3))).toEqual({ ...kept, told: 3, lost: 1 });
  expect(of(effect(1), effect(2), effect(1), effect(3))).toEqual({ ...kept, told: 3, twice: 1 });
  expect(of(effect(2), effect(1), effect(3))).toEqual({ ...kept, told: 3, disordered: 1 });
  expect(of(effect(1), effect(2), effect(3), effect(4), effect(1, 'other'))).toEqual({ ...kept, told: 3, invented: 2 });
});
