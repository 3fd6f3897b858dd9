import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cgroups, detectCgroups } from '#src/runtime/process/cgroups.ts';
import type { Limits } from '#src/runtime/runtime.ts';

// A folder stands for the kernel here: which file gets which value. That the kernel keeps to it is seen by faults.test.ts.
let root: string;
const builds = { cpuMillis: 1_000, memoryBytes: 4 * 2 ** 30 };
const one: Limits = { cpuMillis: 500, memoryBytes: 2 ** 30, processes: 64, diskBytes: 2 ** 30 };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'steading-cgroups-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** The kernel makes a group's files with its folder: so they are made before they are written. */
function withFiles(paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), '');
  }
}

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const open = (): Cgroups => {
  const found = detectCgroups({ tag: 'own', builds, root });
  if (!found) throw new Error('no control groups found');
  return found;
};

test('version 1: apps weigh less than the house, builds less than apps, and all builds share one budget', () => {
  const files = ['cpu.shares', 'cpu.cfs_period_us', 'cpu.cfs_quota_us'];
  withFiles(['cpu', 'memory', 'pids'].map((name) => `${name}/cgroup.procs`));
  withFiles(
    ['own', 'own.builds', 'own.builds/bld_1'].flatMap((at) => files.map((file) => `cpu/steading-${at}/${file}`)),
  );
  withFiles(['own.builds', 'own.builds/bld_1'].map((at) => `memory/steading-${at}/memory.limit_in_bytes`));
  const group = open().group('build', 'bld_1', one);
  expect(read('cpu/steading-own/cpu.shares')).toBe('768');
  expect(read('cpu/steading-own/cpu.cfs_quota_us')).toBe('');
  expect(read('cpu/steading-own.builds/cpu.shares')).toBe('384');
  expect(read('cpu/steading-own.builds/cpu.cfs_period_us')).toBe('20000');
  expect(read('cpu/steading-own.builds/cpu.cfs_quota_us')).toBe('20000');
  expect(read('cpu/steading-own.builds/bld_1/cpu.cfs_quota_us')).toBe('10000');
  expect(read('memory/steading-own.builds/memory.limit_in_bytes')).toBe(String(4 * 2 ** 30));
  expect(read('memory/steading-own.builds/bld_1/memory.limit_in_bytes')).toBe(String(2 ** 30));
  expect(group.joinFiles).toContain(join(root, 'cpu/steading-own.builds/bld_1/cgroup.procs'));
});

test('version 2: the same, in one tree', () => {
  withFiles(['cgroup.controllers', 'cgroup.subtree_control']);
  writeFileSync(join(root, 'cgroup.subtree_control'), 'cpu memory pids');
  const files = ['cpu.weight', 'cpu.max', 'memory.max'];
  withFiles(['own', 'own.builds', 'own.builds/bld_1'].flatMap((at) => files.map((file) => `steading-${at}/${file}`)));
  open().group('build', 'bld_1', one);
  expect(read('steading-own/cpu.weight')).toBe('75');
  expect(read('steading-own/cpu.max')).toBe('');
  expect(read('steading-own.builds/cpu.weight')).toBe('38');
  expect(read('steading-own.builds/cpu.max')).toBe('20000 20000');
  expect(read('steading-own.builds/memory.max')).toBe(String(4 * 2 ** 30));
  expect(read('steading-own.builds/bld_1/cpu.max')).toBe('10000 20000');
  expect(read('steading-own.builds/cgroup.subtree_control')).toBe('+memory +pids +cpu');
});

test('builds keep to as many processors as their budget is worth, the last ones', () => {
  withFiles(['cpu', 'memory', 'pids', 'cpuset'].map((name) => `${name}/cgroup.procs`));
  withFiles(['cpus', 'mems', 'effective_cpus', 'effective_mems'].map((name) => `cpuset/cpuset.${name}`));
  withFiles(['cpus', 'mems'].map((name) => `cpuset/steading-own.builds/cpuset.${name}`));
  writeFileSync(join(root, 'cpuset/cpuset.effective_cpus'), '0-2,7\n');
  writeFileSync(join(root, 'cpuset/cpuset.effective_mems'), '0\n');
  const cgroups = open();
  const joined = join(root, 'cpuset/steading-own.builds/cgroup.procs');
  expect(read('cpuset/steading-own.builds/cpuset.cpus')).toBe('7');
  expect(read('cpuset/steading-own.builds/cpuset.mems')).toBe('0');
  expect(cgroups.group('build', 'bld_1', one).joinFiles).toContain(joined);
  expect(cgroups.group('app', 'ins_1', one).joinFiles).not.toContain(joined);
});

test('builds give way, and weigh what they did when they do not', () => {
  withFiles(['cpu', 'memory', 'pids'].map((name) => `${name}/cgroup.procs`));
  const files = ['cpu.shares', 'cpu.idle', 'cpu.stat'];
  withFiles(files.map((file) => `cpu/steading-own.builds/${file}`));
  const { builds: group } = open();
  group.giveWay(true);
  expect(read('cpu/steading-own.builds/cpu.idle')).toBe('1');
  writeFileSync(join(root, 'cpu/steading-own.builds/cpu.shares'), '1024');
  group.giveWay(false);
  expect(read('cpu/steading-own.builds/cpu.idle')).toBe('0');
  expect(read('cpu/steading-own.builds/cpu.shares')).toBe('384');
  expect(group.periods()).toEqual({ all: 0, full: 0 });
  writeFileSync(join(root, 'cpu/steading-own.builds/cpu.stat'), 'nr_periods 12\nnr_throttled 3\nthrottled_time 9\n');
  expect(group.periods()).toEqual({ all: 12, full: 3 });
});

test('both groups bear the mark of the house, and closing takes it away', () => {
  withFiles(['cpu', 'memory', 'pids'].map((name) => `${name}/cgroup.procs`));
  const cgroups = open();
  for (const parent of ['steading-own', 'steading-own.builds'])
    expect(readdirSync(join(root, 'cpu', parent))).toEqual([expect.stringMatching(/^house\./)]);
  cgroups.close();
  expect(readdirSync(join(root, 'cpu'))).toEqual(['cgroup.procs']);
});
