import { expect, test } from 'vitest';
import { type BackupLook, backupConcern } from '#src/runs/concern.ts';
import type { Run } from '#src/runs/runs-db.ts';

const nowMs = Date.parse('2026-06-30T12:00:00Z');
const run = (kind: Run['kind'], daysAgo: number, more: Partial<Run> = {}): Run => ({
  ...{
    id: 'bkr_1',
    kind,
    state: 'done',
    name: 'n',
    place: '/kept',
    takenAt: null,
    bytes: 1,
    rows: 1,
    files: 1,
    reason: null,
  },
  startedAt: new Date(nowMs - daysAgo * 86_400_000),
  finishedAt: new Date(nowMs - daysAgo * 86_400_000),
  ...more,
});
const well: BackupLook = {
  ...{ place: '/kept', hasRecoveryKey: true, nowMs },
  ...{ backup: run('backup', 1), proof: run('proof', 6), last: run('backup', 1) },
};

test.each<[string, BackupLook, RegExp | undefined]>([
  ['all is well', well, undefined],
  ['a restore proves as well', { ...well, proof: run('restore', 1) }, undefined],
  ['no key', { ...well, hasRecoveryKey: false }, /steading backup key/],
  ['no place and none', { place: undefined, hasRecoveryKey: true, nowMs }, /STEADING_BACKUP_TO/],
  ['none yet', { place: '/kept', hasRecoveryKey: true, nowMs }, /No back-up was made yet/],
  ['an old one', { ...well, backup: run('backup', 4.5) }, /last back-up is 4 days old/],
  ['never proven', { ...well, proof: undefined }, /No restore was proven yet/],
  ['proven long ago', { ...well, proof: run('proof', 20) }, /proven restore is 20 days ago/],
  [
    'failed',
    { ...well, last: run('backup', 0, { state: 'failed', reason: 'The disk is full.' }) },
    /back-up failed: The disk is full/,
  ],
  [
    'a proof failed',
    { ...well, last: run('proof', 0, { state: 'failed', reason: 'rows differ' }) },
    /proof failed: rows differ/,
  ],
])('%s', (_, look, wanted) => {
  const said = backupConcern(look);
  if (wanted) expect(said).toMatch(wanted);
  else expect(said).toBeUndefined();
});
