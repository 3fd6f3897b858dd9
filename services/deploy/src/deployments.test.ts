import { deploymentStates } from '@steading/contracts/deploy-events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  advanceStages,
  appState,
  freshStages,
  isActive,
  isCancellable,
  maxAttempts,
  mayBecome,
  nextStep,
  pickStarts,
} from '#src/deployments.ts';

test('a deployment that is over is never worked on, and never becomes active again', () => {
  for (const state of deploymentStates) {
    if (isActive(state) || state === 'queued') continue;
    expect(nextStep({ state, cancelRequested: true, attempts: 0 })).toBe('nothing');
    for (const to of deploymentStates) if (isActive(to) || to === 'queued') expect(mayBecome(state, to)).toBe(false);
  }
});

test('every active state has a step, and every one can fail', () => {
  for (const state of deploymentStates.filter(isActive)) {
    expect(nextStep({ state, cancelRequested: false, attempts: 0 })).not.toBe('nothing');
    expect(mayBecome(state, 'failed')).toBe(true);
  }
});

test('a cancel is heeded until the new version takes requests', () => {
  expect(nextStep({ state: 'building', cancelRequested: true, attempts: 0 })).toBe('cancel');
  expect(nextStep({ state: 'deploying', cancelRequested: true, attempts: 0 })).toBe('cancel');
  expect(nextStep({ state: 'verifying', cancelRequested: true, attempts: 0 })).toBe('verify');
  expect(isCancellable('verifying')).toBe(false);
  expect(isCancellable('live')).toBe(false);
});

test('what was interrupted too often is given up', () => {
  expect(nextStep({ state: 'building', cancelRequested: false, attempts: maxAttempts })).toBe('build');
  expect(nextStep({ state: 'building', cancelRequested: false, attempts: maxAttempts + 1 })).toBe('give-up');
});

test('only verifying leads to live', () => {
  expect(deploymentStates.filter((state) => mayBecome(state, 'live'))).toEqual(['verifying']);
});

test('stages say what ran, what failed and what never began', () => {
  let stages = advanceStages(freshStages({ hasRelease: false }), 'cloning', '2026-01-01T00:00:00.000Z');
  stages = advanceStages(stages, 'building', '2026-01-01T00:00:01.000Z');
  stages = advanceStages(stages, 'failed', '2026-01-01T00:00:02.000Z');
  expect(stages.map((stage) => stage.state)).toEqual(['done', 'failed', 'skipped', 'skipped', 'skipped']);
  expect(stages[0]!.finishedAt).toBe('2026-01-01T00:00:01.000Z');
});

test('a rollback skips what it does not do', () => {
  expect(freshStages({ hasRelease: true }).map((stage) => stage.state)).toEqual([
    'skipped',
    'skipped',
    'skipped',
    'waiting',
    'waiting',
  ]);
});

test('never two of one app, never more builds than the limits, oldest first', () => {
  const waiting = fc.array(fc.record({ app: fc.integer({ min: 0, max: 5 }), hasRelease: fc.boolean() }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(waiting, fc.nat({ max: 4 }), fc.nat({ max: 12 }), (list, activeBuilds, startsInLastMinute) => {
      const items = list.map((one, index) => ({ id: `d${index}`, appId: `a${one.app}`, hasRelease: one.hasRelease }));
      const limits = { concurrency: 3, startsPerMinute: 10 };
      const picked = pickStarts({
        waiting: items,
        busyApps: new Set(['a0']),
        activeBuilds,
        startsInLastMinute,
        limits,
      });
      const rows = picked.map((id) => items.find((item) => item.id === id)!);
      expect(rows.some((row) => row.appId === 'a0')).toBe(false);
      expect(new Set(rows.map((row) => row.appId)).size).toBe(rows.length);
      const builds = rows.filter((row) => !row.hasRelease).length;
      expect(builds === 0 || activeBuilds + builds <= 3).toBe(true);
      expect(builds === 0 || startsInLastMinute + builds <= 10).toBe(true);
    }),
  );
});

test('a rollback does not wait for other builds', () => {
  const picked = pickStarts({
    waiting: [
      { id: 'd1', appId: 'a1', hasRelease: false },
      { id: 'd2', appId: 'a2', hasRelease: true },
    ],
    busyApps: new Set(),
    activeBuilds: 3,
    startsInLastMinute: 10,
    limits: { concurrency: 3, startsPerMinute: 10 },
  });
  expect(picked).toEqual(['d2']);
});

test('a failed newest deployment over a live older one leaves the app live', () => {
  expect(appState({ stopped: false, hasLive: true, newest: 'failed' })).toBe('live');
  expect(appState({ stopped: false, hasLive: false, newest: 'failed' })).toBe('failed');
  expect(appState({ stopped: true, hasLive: true, newest: 'live' })).toBe('stopped');
  expect(appState({ stopped: false, hasLive: false, newest: undefined })).toBe('not-deployed');
});
