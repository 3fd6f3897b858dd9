import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@steading/kit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openAppLogs } from '#src/runtime/process/app-logs.ts';
import { collect } from '#src/runtime/process/collector.ts';
import type { LogBatch, LogOptions } from '#src/runtime/runtime.ts';

const all: LogOptions = { after: 0, follow: false, tail: 0, masked: [] };

describe('the log of an app', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'steading-logs-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const line = (text: string) => ({ timeMs: 1, stream: 'stdout' as const, text, instanceId: 'ins_1' });
  const read = (logs: ReturnType<typeof openAppLogs>, options: Partial<LogOptions> = {}): Promise<LogBatch[]> =>
    gather(logs.read({ ...all, ...options }, new AbortController().signal));
  const textsOf = (batches: LogBatch[]) => batches.flatMap((batch) => batch.lines.map(({ text }) => text));

  test('goes on counting after a restart that cut a line in half', async () => {
    openAppLogs({ folder }).append([line('one'), line('two')]);
    appendFileSync(join(folder, '1.jsonl'), '{"position":3,"ti');
    const again = openAppLogs({ folder });
    again.append([line('three')]);
    const [batch] = await read(again);
    expect(batch!.lines.map(({ position, text }) => [position, text])).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ]);
  });

  test('a line that is none costs itself alone, wherever it stands', async () => {
    openAppLogs({ folder }).append([line('one')]);
    appendFileSync(join(folder, '1.jsonl'), '{"position":2,"ti{"position":3,"timeMs":1}\n');
    const again = openAppLogs({ folder });
    again.append([line('two')]);
    expect(textsOf(await read(again))).toEqual(['one', 'two']);
    expect(again.lastOf('ins_1', 5, []).map(({ text }) => text)).toEqual(['one', 'two']);
  });

  test.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
    'what a full disk cuts off leaves no half of a line behind',
    async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', folder]);
      try {
        const logs = openAppLogs({ folder });
        logs.append([line('one')]);
        const file = join(folder, '1.jsonl');
        const whole = statSync(file).size;
        logs.append([line('two'), line('x'.repeat(30_000))]);
        expect(statSync(file).size).toBe(whole);
        logs.append([line('four')]);
        const batches = await read(logs);
        expect(textsOf(batches)).toEqual(['one', 'four']);
        expect(batches.reduce((sum, { missed }) => sum + missed, 0)).toBe(2);
      } finally {
        execFileSync('umount', [folder]);
      }
    },
  );

  test('gives the lines after a position, and the last of them', async () => {
    const logs = openAppLogs({ folder });
    logs.append(['a', 'b', 'c', 'd'].map(line));
    expect(textsOf(await read(logs, { after: 2 }))).toEqual(['c', 'd']);
    expect(textsOf(await read(logs, { tail: 1 }))).toEqual(['d']);
    expect(textsOf(await read(logs, { tail: 9 }))).toEqual(['a', 'b', 'c', 'd']);
  });

  test('keeps a limited part, and says how many lines a late reader missed', async () => {
    const logs = openAppLogs({ folder, segmentBytes: 1_000, segments: 3 });
    for (let number = 1; number <= 500; number++) logs.append([line(`line ${number}`)]);
    const batches = await read(logs);
    const missed = batches.reduce((sum, batch) => sum + batch.missed, 0);
    expect(missed).toBeGreaterThan(300);
    expect(missed + textsOf(batches).length).toBe(500);
    expect(readdirSync(folder).length).toBeLessThanOrEqual(3);
  });

  test('a secret that a program prints, even in two pieces, stays on no disk', async () => {
    const own = join(folder, 'instance');
    mkdirSync(own);
    writeFileSync(join(own, 'stderr'), 'failed with hunter2hunter2 (again hunter2hunter2)\n');
    // The second piece begins where a read ends.
    writeFileSync(join(own, 'stdout'), `${'x\n'.repeat(131_068)}hunter2hunter2\n`);
    const logs = openAppLogs({ folder: join(folder, 'kept') });
    const collector = collect({
      folder: own,
      instanceId: 'ins_1',
      masked: ['hunter2hunter2'],
      logs,
      clock: systemClock,
    });
    await collector.finish();
    for (const name of ['stdout', 'stderr', '../kept/1.jsonl'])
      expect(readFileSync(join(own, name), 'utf8')).not.toContain('hunter2');
    expect(readFileSync(join(own, 'stderr'), 'utf8')).toBe('failed with ************** (again **************)\n');
    expect(textsOf(await read(logs))).toContain('failed with [secret] (again [secret])');
  });

  test('a program that prints 200 MB at once costs lines, counted, and not the disk', async () => {
    const own = join(folder, 'instance');
    mkdirSync(own);
    const block = `${'x'.repeat(99)}\n`.repeat(10_000);
    writeFileSync(join(own, 'stderr'), '');
    writeFileSync(join(own, 'stdout'), '');
    for (let count = 0; count < 200; count++) appendFileSync(join(own, 'stdout'), block);
    const logs = openAppLogs({ folder: join(folder, 'kept') });
    const collector = collect({ folder: own, instanceId: 'ins_1', masked: [], logs, clock: systemClock });
    await collector.finish();
    await collector.finish();
    expect(statSync(join(own, 'stdout')).size).toBe(0);
    const kept = readdirSync(join(folder, 'kept')).map((name) => statSync(join(folder, 'kept', name)).size);
    expect(kept.reduce((sum, size) => sum + size, 0)).toBeLessThan(20 * 2 ** 20);
    logs.append([line('after')]);
    const last = (await read(logs)).at(-1)!.lines.at(-1)!;
    expect(last.text).toBe('after');
    expect(last.position).toBeGreaterThan(1_990_000);
  });
});

async function gather(batches: AsyncIterable<LogBatch>): Promise<LogBatch[]> {
  const all: LogBatch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}
