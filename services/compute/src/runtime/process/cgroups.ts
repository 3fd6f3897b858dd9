import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isAlive, processNamed } from '#src/runtime/process/proc.ts';
import type { Limits } from '#src/runtime/runtime.ts';

/**
 * Limits that the kernel keeps, for a whole tree of processes, where this house may write control groups (as root,
 * usually). v1 has one folder per controller, v2 one folder for all.
 *
 * Apps lie under one group and builds under another beside it. When the processors are wanted by more than they can
 * serve, the house and its database (which are in neither) come first, then apps, then builds: `nice` does not reach
 * across groups, so the groups have weights. All builds together keep within one budget, whatever each may use alone, and
 * to as many processors as that is: on every other one nothing but the house and apps is ever found.
 */
export interface Cgroups {
  /** Makes the group, or finds it again after a restart of the house. */
  group(kind: GroupKind, name: string, limits?: Limits): Cgroup;
  readonly builds: BuildsGroup;
  /** Removes the house's own groups where nothing is in them. */
  close(): void;
}

export interface Cgroup {
  /** A process that writes its pid into each of these is in the group. */
  readonly joinFiles: readonly string[];
  pids(): number[];
  usage(): { memoryBytes: number; cpuMs: number } | undefined;
  /** How many processes the kernel killed because the memory limit was reached. */
  outOfMemoryKills(): number;
  /** How often a process could not be started because the limit of processes was reached. */
  refusedProcesses(): number;
  /** False while processes are left in it. */
  remove(): boolean;
}

/** The group that all builds are in. */
export interface BuildsGroup {
  /**
   * With true a build leaves its processor at once to anybody else who wants one (`cpu.idle`, Linux 5.15). Weights
   * alone let it run on for a tick, 4 ms usually, and an answer waits for ten of those one after another.
   */
  giveWay(isIdle: boolean): void;
  /** Periods of the budget in which something ran, and those in which all of it was used. */
  periods(): { readonly all: number; readonly full: number };
}

export type GroupKind = 'app' | 'build';

/** What all builds together may use. */
export type BuildBudget = Pick<Limits, 'cpuMillis' | 'memoryBytes'>;

/** In v1's measure, where a process that is in no group counts 1024. v2 counts 100 for it. */
const weights: Readonly<Record<GroupKind, number>> = { app: 768, build: 384 };
const suffixes: Readonly<Record<GroupKind, string>> = { app: '', build: '.builds' };
const kinds: readonly GroupKind[] = ['app', 'build'];

/** With the usual 100 ms, a budget of half of two cores would hold both of them for 50 ms in a row. */
const periodUs = 20_000;

interface Layout {
  readonly version: 1 | 2;
  readonly folders: Readonly<Record<'memory' | 'cpu' | 'pids', string>>;
  /** Where groups of processors are, if there are. */
  readonly cpuset?: string | undefined;
}

/** @param options.tag names the groups of this house among those of others. */
export function detectCgroups(options: {
  readonly tag: string;
  readonly builds: BuildBudget;
  /** Default: where Linux has them. */
  readonly root?: string;
}): Cgroups | undefined {
  const layout = detectLayout(options.root ?? '/sys/fs/cgroup');
  if (!layout) return undefined;
  const folders = [...new Set([...Object.values(layout.folders), ...(layout.cpuset ? [layout.cpuset] : [])])];
  const parentName = (kind: GroupKind) => `steading-${options.tag}${suffixes[kind]}`;
  /** Groups of builds that were killed with their house, or that the kernel kept too long. */
  const removeEmptyBuilds = () => {
    const places = folders.map((folder) => join(folder, parentName('build')));
    for (const place of places)
      for (const child of childGroups(place)) if (!child.startsWith(housePrefix)) removeFolder(join(place, child));
  };
  const parents = new Set(kinds.flatMap((kind) => folders.map((folder) => join(folder, parentName(kind)))));
  try {
    for (const kind of kinds) openParent(layout, parentName(kind), kind, options.builds);
    const mark = houseMark();
    for (const parent of parents) {
      removeDeadHouses(parent);
      mkdirSync(join(parent, mark), { recursive: true });
    }
    for (const folder of folders) removeLeftOver(folder, parents);
    removeEmptyBuilds();
  } catch {
    return undefined;
  }
  return {
    group(kind, name, limits) {
      if (limits) openParent(layout, parentName(kind), kind, options.builds);
      const opened = openGroup(layout, `${parentName(kind)}/${name}`, limits);
      const more = kind === 'build' ? processorsFile(layout, parentName(kind)) : [];
      return { ...opened, joinFiles: [...opened.joinFiles, ...more] };
    },
    builds: buildsGroup(layout, parentName('build')),
    close() {
      removeEmptyBuilds();
      for (const parent of parents) {
        removeFolder(join(parent, houseMark()));
        removeFolder(parent);
      }
    },
  };
}

function openParent(layout: Layout, name: string, kind: GroupKind, builds: BuildBudget): void {
  const { version, folders } = layout;
  const [memory, cpu, pids] = [join(folders.memory, name), join(folders.cpu, name), join(folders.pids, name)];
  for (const folder of [memory, cpu, pids]) mkdirSync(folder, { recursive: true });
  if (version === 2) writeFileSync(join(memory, 'cgroup.subtree_control'), '+memory +pids +cpu');
  trySetting(...weightOf(version, cpu, kind));
  if (kind === 'app') return;
  for (const [file, value] of budget(version, { memory, cpu }, builds)) trySetting(file, value);
  keepToProcessors(layout, name, builds);
}

/** The last ones, as many as the budget is worth. */
function keepToProcessors({ cpuset }: Layout, name: string, { cpuMillis }: BuildBudget): void {
  if (!cpuset) return;
  const list = (file: string) => read(join(cpuset, file)).trim();
  const all = (list('cpuset.cpus.effective') || list('cpuset.effective_cpus')).split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  const own = join(cpuset, name);
  mkdirSync(own, { recursive: true });
  // v1 takes in nobody as long as one of the two is empty.
  trySetting(join(own, 'cpuset.mems'), list('cpuset.mems.effective') || list('cpuset.effective_mems'));
  trySetting(join(own, 'cpuset.cpus'), all.slice(-Math.ceil(cpuMillis / 1_000)).join(','));
}

/** v1: a build's processes join the group of all builds. v2: they are in it. */
function processorsFile({ version, cpuset }: Layout, name: string): string[] {
  if (version === 2 || !cpuset || !read(join(cpuset, name, 'cpuset.cpus')).trim()) return [];
  return [join(cpuset, name, 'cgroup.procs')];
}

function weightOf(version: 1 | 2, cpu: string, kind: GroupKind): Setting {
  return version === 2
    ? [join(cpu, 'cpu.weight'), String(Math.round((weights[kind] * 100) / 1024))]
    : [join(cpu, 'cpu.shares'), String(weights[kind])];
}

function buildsGroup({ version, folders }: Layout, name: string): BuildsGroup {
  const cpu = join(folders.cpu, name);
  return {
    giveWay(isIdle) {
      trySetting(join(cpu, 'cpu.idle'), isIdle ? '1' : '0');
      // The kernel forgets the weight of a group that gave way.
      if (!isIdle) trySetting(...weightOf(version, cpu, 'build'));
    },
    periods() {
      const text = read(join(cpu, 'cpu.stat'));
      return { all: counter(text, 'nr_periods'), full: counter(text, 'nr_throttled') };
    },
  };
}

const housePrefix = 'house.';

/** An empty group beside those of instances, which says by pid and start time which house they belong to. */
function houseMark(): string {
  return `${housePrefix}${process.pid}.${processNamed(process.pid)?.startTicks ?? 0}`;
}

function removeDeadHouses(parent: string): boolean {
  let living = false;
  for (const name of childGroups(parent)) {
    if (!name.startsWith(housePrefix)) continue;
    const [pid, startTicks] = name.slice(housePrefix.length).split('.').map(Number);
    if (isAlive({ pid: pid ?? 0, startTicks: startTicks ?? 0 })) living = true;
    else removeFolder(join(parent, name));
  }
  return !living;
}

/** What houses left that were killed and do not come back. The kernel keeps every group in which something runs. */
function removeLeftOver(folder: string, own: ReadonlySet<string>): void {
  for (const name of childGroups(folder)) {
    const parent = join(folder, name);
    if (!name.startsWith('steading-') || own.has(parent) || !removeDeadHouses(parent)) continue;
    for (const child of childGroups(parent)) removeFolder(join(parent, child));
    removeFolder(parent);
  }
}

function childGroups(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}

function detectLayout(root: string): Layout | undefined {
  try {
    if (existsSync(join(root, 'cgroup.controllers'))) {
      const enabled = readFileSync(join(root, 'cgroup.subtree_control'), 'utf8').split(/\s+/);
      if (!['memory', 'pids', 'cpu'].every((name) => enabled.includes(name))) return undefined;
      accessSync(root, constants.W_OK);
      const cpuset = enabled.includes('cpuset') ? root : undefined;
      return { version: 2, folders: { memory: root, cpu: root, pids: root }, cpuset };
    }
    const folders = { memory: join(root, 'memory'), cpu: join(root, 'cpu'), pids: join(root, 'pids') };
    for (const folder of Object.values(folders)) {
      accessSync(join(folder, 'cgroup.procs'));
      accessSync(folder, constants.W_OK);
    }
    return { version: 1, folders, cpuset: writable(join(root, 'cpuset')) };
  } catch {
    return undefined;
  }
}

function writable(folder: string): string | undefined {
  try {
    accessSync(join(folder, 'cgroup.procs'));
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return undefined;
  }
}

function openGroup(layout: Layout, name: string, limits?: Limits): Cgroup {
  const memory = join(layout.folders.memory, name);
  const cpu = join(layout.folders.cpu, name);
  const pids = join(layout.folders.pids, name);
  const folders = [...new Set([memory, cpu, pids])];
  if (limits) {
    for (const folder of folders) mkdirSync(folder, { recursive: true });
    for (const [file, value] of settings(layout.version, { memory, cpu, pids }, limits)) trySetting(file, value);
  }
  return {
    joinFiles: folders.map((folder) => join(folder, 'cgroup.procs')),
    pids: () => numbers(read(join(pids, 'cgroup.procs'))),
    usage: () => usage(layout.version, { memory, cpu }),
    outOfMemoryKills: () =>
      counter(read(join(memory, layout.version === 2 ? 'memory.events' : 'memory.oom_control')), 'oom_kill'),
    refusedProcesses: () => counter(read(join(pids, 'pids.events')), 'max'),
    remove: () => folders.map(removeFolder).every(Boolean),
  };
}

type Setting = [file: string, value: string];

function settings(
  version: 1 | 2,
  { memory, cpu, pids }: { memory: string; cpu: string; pids: string },
  limits: Limits,
): Setting[] {
  const processes: Setting = [join(pids, 'pids.max'), String(limits.processes)];
  const own = [...budget(version, { memory, cpu }, limits), processes];
  return version === 2 ? [...own, [join(memory, 'memory.oom.group'), '1']] : own;
}

function budget(version: 1 | 2, { memory, cpu }: { memory: string; cpu: string }, limits: BuildBudget): Setting[] {
  const quota = Math.max(1_000, Math.round((limits.cpuMillis * periodUs) / 1_000));
  const bytes = String(limits.memoryBytes);
  if (version === 2)
    return [
      [join(memory, 'memory.max'), bytes],
      [join(memory, 'memory.swap.max'), '0'],
      [join(cpu, 'cpu.max'), `${quota} ${periodUs}`],
    ];
  return [
    [join(memory, 'memory.limit_in_bytes'), bytes],
    [join(memory, 'memory.memsw.limit_in_bytes'), bytes],
    [join(cpu, 'cpu.cfs_period_us'), String(periodUs)],
    [join(cpu, 'cpu.cfs_quota_us'), String(quota)],
  ];
}

/** v1 counts CPU time in a controller that may be elsewhere; then `/proc` is asked instead. */
function usage(version: 1 | 2, { memory, cpu }: { memory: string; cpu: string }) {
  if (version === 1) return undefined;
  const memoryBytes = Number(read(join(memory, 'memory.current')));
  const cpuMs = counter(read(join(cpu, 'cpu.stat')), 'usage_usec') / 1000;
  return Number.isFinite(memoryBytes) && memoryBytes > 0 ? { memoryBytes, cpuMs } : undefined;
}

/** Swap accounting and group kill are not in every kernel: what is absent is left out. */
function trySetting(file: string, value: string): void {
  if (!existsSync(file)) return;
  try {
    writeFileSync(file, value);
  } catch {
    /* a value that this kernel does not take leaves its own default */
  }
}

function removeFolder(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function numbers(text: string): number[] {
  return text.split('\n').filter(Boolean).map(Number);
}

function counter(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}
