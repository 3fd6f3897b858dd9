import { describe, expect, it } from 'vitest';
import { judgeEvents } from '#src/local/doctor/events.ts';
import { notes } from '#src/local/doctor/house.ts';
import { judgeDisk } from '#src/local/doctor/machine.ts';
import { judgeCertificate } from '#src/local/doctor/reach.ts';

const day = 86_400_000;

describe('the doctor', () => {
  it.each([
    ['an ample disk', judgeDisk('/data', 50_000, 0.5), 'good', '50000 MB free'],
    ['a disk that is nearly full', judgeDisk('/data', 5_000, 0.05), 'warning', '5 % (5000 MB)'],
    ['a full disk', judgeDisk('/data', 100, 0.5), 'wrong', 'free some'],
    ['a young certificate', judgeCertificate(80 * day, 0), 'good', 'good until 1970-03-22'],
    ['a certificate near its end', judgeCertificate(5 * day, 0), 'warning', 'ends in 5 days'],
    ['a certificate that ended', judgeCertificate(0, day), 'wrong', 'browsers refuse'],
    ['no certificate', judgeCertificate(Number.NaN, 0), 'wrong', 'none was shown'],
  ])('judges %s', (_name, finding, state, text) => {
    expect(finding.state).toBe(state);
    expect(finding.text).toContain(text);
  });

  it('tells what a service says, and nothing of those that are well', () => {
    const services = [
      { service: 'forest', ready: true },
      { service: 'observe', ready: true, reason: '3 dead letters' },
      { service: 'compute', ready: false, reason: 'the runtime is starting' },
    ];
    expect(notes({ ready: false, services })).toEqual([
      { what: 'observe', state: 'warning', text: '3 dead letters' },
      { what: 'compute', state: 'wrong', text: 'the runtime is starting' },
    ]);
  });

  it('tells which listeners gave events up, are late, or are gone, and nothing of those that keep up', () => {
    const fine = { behind: 3, oldestSeconds: 2, waiting: 0, deadLetters: 0, lastHadSeconds: 60 };
    expect(judgeEvents([{ consumer: 'a', ...fine }])).toMatchObject([{ state: 'good' }]);
    const found = judgeEvents([
      { consumer: 'a', ...fine },
      { consumer: 'b', ...fine, deadLetters: 4 },
      { consumer: 'c', ...fine, oldestSeconds: 600 },
      { consumer: 'd', ...fine, oldestSeconds: 9_000_000, lastHadSeconds: 5 * 86_400 },
    ]);
    expect(found.map(({ state }) => state)).toEqual(['warning', 'warning', 'warning']);
    expect(found[0]?.text).toMatch(/^b gave 4 up.*steading events dead/);
    expect(found[1]?.text).toMatch(/^c is 3 behind.*10 minutes/);
    expect(found[2]?.text).toMatch(/d since 5 days/);
  });
});
