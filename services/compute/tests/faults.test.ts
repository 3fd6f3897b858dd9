import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, newId, processesMarked, systemClock } from '@steading/kit';
import { findRemains } from '@steading/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { detectCgroups } from '#src/runtime/process/cgroups.ts';
import { usageOf } from '#src/runtime/process/proc.ts';
import { createProcessRuntime } from '#src/runtime/process/process-runtime.ts';
import type { Desired, HealthCheck, Runtime } from '#src/runtime/runtime.ts';
import { ask, build, buildLimits, desiredFor, ended, order, server, until } from './runtime-behaviour.ts';

/** Of this file alone: other runtimes may hold ports in the same process. */
const ports = { first: 18_000, last: 20_999 };

let root: string;
let runtime: Runtime;
const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
const health: HealthCheck = { httpPath: '', command: [], intervalMs: 200, timeoutMs: 1_000, startPeriodMs: 10_000 };

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'steading-faults-'));
  chmodSync(root, 0o711);
  runtime = await open(join(root, 'compute'));
});
afterAll(async () => {
  await runtime.stop({ keepApps: false });
  rmSync(root, { recursive: true, force: true });
});

async function open(folder: string): Promise<Runtime> {
  const opened = await createProcessRuntime({
    ...{ folder, firstUid: 60_000, host: '127.0.0.1', ports },
    ...{ buildCaFile: '', buildNpmRegistry: '', buildCpuMillis: 0, buildMemoryBytes: 0 },
    ...{ clock: systemClock, log: createLog({ level: 'silent' }), events: { changed() {}, settled() {} } },
  });
  await opened.start();
  await opened.sweep();
  return opened;
}

const remains = () => findRemains({ dataDir: root, house: [process.pid], ports });

/** Where a process may run, as the kernel writes it; half of two is one. */
function processorsOf(pid: number): string {
  try {
    return /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

function lastHalf(): string {
  const [first, last] = [Math.floor(availableParallelism() / 2), availableParallelism() - 1];
  return first === last ? `${last}` : `${first}-${last}`;
}

async function run(source: string, change: Partial<Desired> = {}) {
  const appId = newId('app');
  const events = await build(runtime, order(mkdtempSync(join(root, 'source-')), appId, { 'app.js': source }));
  const end = events.at(-1)!;
  if (end.kind !== 'done') throw new Error(JSON.stringify(end));
  const desired = desiredFor(appId, end.releaseId, { health, ...change });
  await runtime.apply(desired);
  return { appId, view: await ended(runtime, desired), only: () => runtime.instances(appId)[0] };
}

test('a build that forks without end is bounded, ends, and leaves nothing; apps answer meanwhile', async () => {
  const { appId: neighbour } = await run(server('still here'));
  const appId = newId('app');
  const bomb = `const { spawn } = require('node:child_process');
    (function more() { spawn('sleep', ['60']).once('error', () => {}); setImmediate(more); })();`;
  const asked = {
    ...order(mkdtempSync(join(root, 'source-')), appId, { 'b.js': bomb }, ['node', 'b.js']),
    limits: { ...buildLimits, processes: 64 },
    timeoutMs: isRoot ? 60_000 : 3_000,
  };
  const ofBuild = () => processesMarked(asked.buildId);
  const building = build(runtime, asked);
  const processors = new Set<string>();
  let most = 0;
  let slowestMs = 0;
  for (let over = false; !over; ) {
    const began = performance.now();
    expect(await ask(runtime, neighbour)).toBe('still here');
    slowestMs = Math.max(slowestMs, performance.now() - began);
    const pids = await ofBuild();
    most = Math.max(most, pids.length);
    for (const pid of pids) processors.add(processorsOf(pid));
    over = await Promise.race([
      building.then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, 50, false)),
    ]);
  }
  const code = isRoot ? 'too-many-processes' : 'timeout';
  expect((await building).at(-1)).toMatchObject({ kind: 'failed', code });
  expect(most).toBeGreaterThan(20);
  expect(most).toBeLessThanOrEqual(64 * 4 + 8);
  expect(slowestMs).toBeLessThan(2_000);
  // Its outermost process is started before it is in the group; that it is there is seen of those within.
  if (existsSync('/sys/fs/cgroup/cpuset/cgroup.procs') && isRoot) expect([...processors]).toContain(lastHalf());
  expect(await ofBuild()).toEqual([]);
  await runtime.removeApp(appId);
  await runtime.removeApp(neighbour);
});

const harmful: readonly (readonly [what: string, source: string, code: string, reason: RegExp])[] = [
  [
    'forks grandchildren that leave it, with an environment of their own',
    `const { spawn } = require('node:child_process');
     const more = "require('node:child_process').spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env: {} }).unref()";
     spawn(process.execPath, ['-e', more], { detached: true, stdio: 'ignore', env: {} }).unref();
     setTimeout(() => process.exit(3), 500);`,
    'step-failed',
    /^The step "build" ended with code 3\.$/,
  ],
  [
    'prints a gigabyte',
    `const line = 'x'.repeat(99) + '\\n'; let left = 2 ** 30;
     (function more() { while (left > 0 && process.stdout.write(line.repeat(1000))) left -= 1e5;
       if (left > 0) process.stdout.once('drain', more); })();`,
    'too-large',
    /^The build printed more than 64 MB\.$/,
  ],
  [
    'lets other programs of its own eat memory, again and again',
    `const { spawn } = require('node:child_process');
     const eater = 'const all = []; setInterval(() => all.push(Buffer.alloc(2 ** 24, 1)), 1)';
     (function again() { spawn(process.execPath, ['-e', eater]).once('exit', again); })();`,
    'out-of-memory',
    /^The build needed more memory than its limit of 256 MB\.$/,
  ],
  [
    'ignores SIGTERM and never ends',
    "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e3);",
    'timeout',
    /^The build took longer than 2 seconds and was stopped\.$/,
  ],
];

test.each(harmful)(
  'a build that %s ends with its reason and leaves nothing',
  async (_what, source, code, reason) => {
    // The kernel frees a port's socket a moment after its app is gone.
    await expect.poll(async () => (await remains()).heldPorts).toEqual([]);
    const before = await remains();
    const appId = newId('app');
    const asked = order(mkdtempSync(join(root, 'source-')), appId, { 'b.js': source }, ['node', 'b.js']);
    const end = (await build(runtime, { ...asked, timeoutMs: code === 'timeout' ? 2_000 : 60_000 })).at(-1);
    expect(end).toMatchObject({ kind: 'failed', code, reason: expect.stringMatching(reason) });
    expect(await remains()).toEqual(before);
    await runtime.removeApp(appId);
  },
  120_000,
);

test('a static site does not serve through symbolic links that lead out of it', async () => {
  const appId = newId('app');
  const source = mkdtempSync(join(root, 'source-'));
  const asked = order(source, appId, { 'index.html': 'home', 'kept.txt': 'kept', '.env': 'HIDDEN=1' });
  mkdirSync(join(source, 'deep/folder'), { recursive: true });
  symlinkSync('/etc/passwd', join(source, 'passwd.txt'));
  symlinkSync('/etc/passwd', join(source, 'deep/index.html'));
  symlinkSync('/etc/passwd', join(source, '404.html'));
  symlinkSync('..', join(source, 'deep/folder/up'));
  symlinkSync('deep/folder/up/../../../../../../../../../etc/passwd', join(source, 'through.txt'));
  symlinkSync('.env', join(source, 'settings.txt'));
  symlinkSync('../..', join(source, 'above'));
  symlinkSync('kept.txt', join(source, 'inside.txt'));
  const end = (await build(runtime, asked)).at(-1)!;
  if (end.kind !== 'done') throw new Error(JSON.stringify(end));
  const desired = desiredFor(appId, end.releaseId, { command: [] });
  await runtime.apply(desired);
  await ended(runtime, desired);
  for (const path of ['/passwd.txt', '/deep/', '/through.txt', '/settings.txt', '/above/', '/above/house-tag', '/none'])
    expect(await ask(runtime, appId, path), path).toBe('There is nothing here.\n');
  expect(await ask(runtime, appId, '/inside.txt')).toBe('kept');
  await runtime.removeApp(appId);
});

const listens = (body: string) =>
  `let bad = false; require('node:http').createServer((q, a) => { ${body} }).listen(process.env.PORT, process.env.HOST);`;

describe('health', () => {
  test('by path: a path that does not answer 2xx or 3xx is not healthy, and the reason says which', async () => {
    const source = listens("a.statusCode = q.url === '/ready' ? 500 : 200; a.end();");
    const short = { ...health, startPeriodMs: 1_000 };
    const bad = await run(source, { health: { ...short, httpPath: '/ready' } });
    expect(bad.view).toMatchObject({ state: 'failed', reason: expect.stringContaining('/ready answered 500') });
    const good = await run(source, { health: { ...short, httpPath: '/other' } });
    expect(good.view.state).toBe('healthy');
    for (const { appId } of [bad, good]) await runtime.removeApp(appId);
  });

  test('by command: what it ends with decides', async () => {
    const check = (code: number) => ({ ...health, startPeriodMs: 1_000, command: ['sh', '-c', `exit ${code}`] });
    const bad = await run(server('x'), { health: check(3) });
    expect(bad.view).toMatchObject({ state: 'failed', reason: expect.stringContaining('health command ended with 3') });
    const good = await run(server('x'), { health: check(0) });
    expect(good.view.state).toBe('healthy');
    for (const { appId } of [bad, good]) await runtime.removeApp(appId);
  });

  test('an instance that becomes unhealthy later is started again', async () => {
    const source = listens("if (q.url === '/break') bad = true; a.statusCode = bad ? 500 : 200; a.end('x');");
    const { appId, only } = await run(source, { health: { ...health, httpPath: '/ready' } });
    await ask(runtime, appId, '/break');
    await until(() => only()?.restarts === 1 && only()?.state === 'healthy');
    await runtime.removeApp(appId);
  });

  test('one that ends again and again is in a crash loop, and says so', { timeout: 60_000 }, async () => {
    const { appId, only } = await run(`${server('x')} setTimeout(() => process.exit(9), 500);`);
    await until(() => /crash loop/.test(only()?.reason ?? ''), 40_000);
    expect(only()).toMatchObject({
      state: 'unhealthy',
      reason: expect.stringMatching(/^crash loop: it ended with code 9; next try in \d+ s$/),
    });
    await runtime.removeApp(appId);
    expect(runtime.instances(appId)).toEqual([]);
  });
});

test('an app that ignores SIGTERM is killed after its grace, and its port is free', async () => {
  const { appId, only } = await run(`process.on('SIGTERM', () => {}); ${server('x')}`, { stopGraceMs: 700 });
  const { id } = only()!;
  const began = performance.now();
  await runtime.removeApp(appId);
  const tookMs = performance.now() - began;
  expect(tookMs).toBeGreaterThan(650);
  expect(tookMs).toBeLessThan(20_000);
  expect(await processesMarked(id)).toEqual([]);
  const nothing = { running: [], listening: [], heldPorts: [], groups: [], instances: [] };
  await expect.poll(remains).toMatchObject(nothing);
});

// Needs a file system of its own to fill, which only root may mount.
describe.runIf(isRoot)('a disk that is full', () => {
  let small: string;
  let full: Runtime;
  beforeAll(async () => {
    small = join(root, 'small');
    mkdirSync(small, { mode: 0o711 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m,mode=0711', 'none', small]);
    full = await open(join(small, 'compute'));
  });
  afterAll(async () => {
    await full.stop({ keepApps: false });
    execFileSync('umount', [small]);
  });

  test('fails a build with disk-full, leaves nothing half done, and the next build goes well', async () => {
    const appId = newId('app');
    const argv = ['dd', 'if=/dev/zero', 'of=big', 'bs=1M', 'count=400'];
    const events = await build(full, order(mkdtempSync(join(root, 'source-')), appId, { 'a.txt': '' }, argv));
    expect(events.at(-1)).toMatchObject({ kind: 'failed', code: 'disk-full' });
    for (const name of ['builds', 'releases']) expect(readdirSync(join(small, 'compute', name)), name).toEqual([]);
    const next = await build(full, order(mkdtempSync(join(root, 'source-')), appId, { 'index.html': 'fits' }));
    expect(next.at(-1)).toMatchObject({ kind: 'done' });
  });

  test('refuses a source that does not fit with the same code', async () => {
    const appId = newId('app');
    const source = mkdtempSync(join(root, 'source-'));
    execFileSync('dd', ['if=/dev/zero', `of=${join(source, 'big')}`, 'bs=1M', 'count=200'], { stdio: 'ignore' });
    const events = await build(full, order(source, appId, {}));
    expect(events.at(-1)).toMatchObject({ kind: 'failed', code: 'disk-full' });
    expect(readdirSync(join(small, 'compute', 'builds'))).toEqual([]);
  });
});

// Control groups can be written by root only.
test.runIf(isRoot)('all builds together keep within one budget, and come after apps and the house', async (context) => {
  const builds = { cpuMillis: 200, memoryBytes: 2 ** 28 };
  const cgroups = detectCgroups({ tag: 'faultsbudget', builds });
  if (!cgroups) return context.skip();
  const limits = { ...buildLimits, ...builds };
  const spinning = ['bld_one', 'bld_two'].map((name) => {
    const { joinFiles } = cgroups.group('build', name, limits);
    const join = joinFiles.map((file) => `echo $$ > ${file}; `).join('');
    return spawn('sh', ['-c', `${join} while :; do :; done`], { stdio: 'ignore' });
  });
  try {
    const pids = spinning.map(({ pid }) => pid!);
    await until(() =>
      pids.every((pid) =>
        cgroups.group('build', 'bld_one').pids().concat(cgroups.group('build', 'bld_two').pids()).includes(pid),
      ),
    );
    const before = usageOf(pids).cpuMs;
    const began = performance.now();
    await until(() => performance.now() - began > 2_000);
    const share = (usageOf(pids).cpuMs - before) / (performance.now() - began);
    // A fifth of a core between the two of them; two fifths if each had the budget for itself.
    expect(share).toBeLessThan(0.3);
  } finally {
    for (const child of spinning) child.kill('SIGKILL');
    await until(() => ['bld_one', 'bld_two'].every((name) => cgroups.group('build', name).remove()));
    cgroups.close();
  }
});

test.runIf(isRoot)(
  'groups of a house that was killed are removed by the next start, those of a living one stay',
  async (context) => {
    const builds = { cpuMillis: 1_000, memoryBytes: 2 ** 30 };
    const cgroups = detectCgroups({ tag: 'faultsown', builds });
    if (!cgroups) return context.skip();
    const limits = { ...buildLimits };
    cgroups.group('app', 'ins_kept', limits);
    const [joinFile = ''] = cgroups.group('app', 'ins_kept').joinFiles;
    const parentOf = (tag: string) => joinFile.replace(/steading-faultsown.*/, `steading-${tag}`);
    const script = `const { detectCgroups } = await import(${JSON.stringify(new URL('../src/runtime/process/cgroups.ts', import.meta.url).href)});
    detectCgroups({ tag: 'faultsdead', builds: ${JSON.stringify(builds)} }).group('app', 'ins_left', ${JSON.stringify(limits)}); process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    await once(child, 'close');
    expect(existsSync(join(parentOf('faultsdead'), 'ins_left'))).toBe(true);
    const next = detectCgroups({ tag: 'faultsnext', builds });
    expect(existsSync(parentOf('faultsdead'))).toBe(false);
    expect(existsSync(join(parentOf('faultsown'), 'ins_kept'))).toBe(true);
    cgroups.group('app', 'ins_kept').remove();
    cgroups.close();
    next?.close();
    expect(existsSync(parentOf('faultsown'))).toBe(false);
  },
);
