import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, newId, processesMarked, systemClock } from '@steading/kit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createProcessRuntime } from '#src/runtime/process/process-runtime.ts';
import type { BuildOrder, Desired, Runtime } from '#src/runtime/runtime.ts';
import { ask, build, desiredFor, ended, order, server, until } from './runtime-behaviour.ts';

describe.runIf(process.platform === 'linux')('apps and a house that is killed', () => {
  let root: string;
  let folder: string;
  let house: ChildProcess | undefined;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'steading-survival-'));
    chmodSync(root, 0o711);
    folder = join(root, 'compute');
  });

  afterEach(() => {
    house?.kill('SIGKILL');
    rmSync(root, { recursive: true, force: true });
  });

  async function open(): Promise<Runtime> {
    const runtime = await createProcessRuntime({
      ...{ folder, firstUid: 60_000, host: '127.0.0.1', ports: { first: 21_000, last: 29_999 } },
      ...{ buildCaFile: '', buildNpmRegistry: '', buildCpuMillis: 0, buildMemoryBytes: 0 },
      ...{ clock: systemClock, log: createLog({ level: 'error' }), events: { changed() {}, settled() {} } },
    });
    await runtime.start();
    return runtime;
  }

  async function released(appId: string, source: string): Promise<Desired> {
    const runtime = await open();
    const events = await build(runtime, order(mkdtempSync(join(root, 'source-')), appId, { 'app.js': source }));
    const end = events.at(-1)!;
    if (end.kind !== 'done') throw new Error(JSON.stringify(end));
    return desiredFor(appId, end.releaseId);
  }

  /** Runs a house until it prints this line, then kills it. */
  async function killHouseAfter(line: string, desired: readonly Desired[], asked?: BuildOrder): Promise<void> {
    const script = new URL('./house-process.ts', import.meta.url).pathname;
    const more = asked ? [JSON.stringify(asked)] : [];
    const child = spawn(process.execPath, [script, folder, JSON.stringify(desired), ...more], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    house = child;
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    await until(() => text.split('\n').includes(line) || child.exitCode !== null);
    expect(text.split('\n')).toContain(line);
    child.kill('SIGKILL');
    await until(() => child.signalCode !== null);
  }

  async function leftOver(): Promise<number[]> {
    const tag = readFileSync(join(folder, 'house-tag'), 'utf8');
    return await processesMarked(`\0STEADING_INSTANCE=${tag}.`);
  }

  test.each([
    ['nothing of it was written down', () => undefined],
    [
      'only that it was to be started',
      (appId: string, id: string) => ({ id, appId, generation: 1, state: 'starting' }),
    ],
  ])('an instance that was started while its house was killed stays with nobody: %s', async (_what, recordOf) => {
    const { appId } = await released(newId('app'), server('', '"hello"'));
    const id = newId('ins');
    const instance = join(folder, 'apps', appId, 'instances', id);
    mkdirSync(instance, { recursive: true });
    const record = recordOf(appId, id);
    if (record)
      writeFileSync(join(instance, 'state.json'), JSON.stringify({ ...record, port: 0, restarts: 0, startedMs: 0 }));
    const tag = readFileSync(join(folder, 'house-tag'), 'utf8');
    spawn('sleep', ['600'], {
      stdio: 'ignore',
      env: { PATH: process.env.PATH, STEADING_INSTANCE: `${tag}.${id}` },
    }).unref();
    await expect.poll(leftOver).toHaveLength(1);
    const runtime = await open();
    await runtime.sweep();
    expect(await leftOver()).toEqual([]);
    expect(existsSync(instance)).toBe(false);
  });

  test('an app goes on while no house runs, and the next house takes it over', async () => {
    const desired = await released(newId('app'), server('', 'String(process.pid) + process.uptime()'));
    await killHouseAfter('healthy', [desired]);
    expect((await leftOver()).length).toBeGreaterThan(0);
    const runtime = await open();
    await runtime.restore(desired);
    await runtime.sweep();
    const [view] = runtime.instances(desired.appId);
    expect(view).toMatchObject({ state: 'healthy', restarts: 0 });
    expect(await ask(runtime, desired.appId)).toMatch(/\d/);
    expect(runtime.instances(desired.appId).length).toBe(1);
    await runtime.stop({ keepApps: false });
    expect(await leftOver()).toEqual([]);
    expect(readdirSync(join(folder, 'apps', desired.appId, 'instances'))).toEqual([]);
  });

  test('an app that died meanwhile is started again', async () => {
    const desired = await released(newId('app'), server('back'));
    await killHouseAfter('healthy', [desired]);
    for (const pid of await leftOver()) process.kill(pid, 'SIGKILL');
    const runtime = await open();
    await runtime.restore(desired);
    await runtime.sweep();
    await until(() => runtime.instances(desired.appId).some((view) => view.state === 'healthy'));
    expect(await ask(runtime, desired.appId)).toBe('back');
    await runtime.stop({ keepApps: false });
    expect(await leftOver()).toEqual([]);
  });

  test('what nobody wants any more is stopped, and only that', async () => {
    const bystander = spawn('sleep', ['60']);
    const desired = await released(newId('app'), server('gone'));
    await killHouseAfter('healthy', [desired]);
    const runtime = await open();
    await runtime.sweep();
    expect(await leftOver()).toEqual([]);
    expect(bystander.exitCode).toBeNull();
    bystander.kill();
  });

  test('a house killed in a rollout goes on with it at the next start', async () => {
    const appId = newId('app');
    const first = await released(appId, server('one'));
    const late = await released(appId, `setTimeout(() => {${server('two')}}, 1500)`);
    await killHouseAfter('checking', [first]);
    const before = await open();
    await before.apply(first);
    await ended(before, first);
    await before.stop({ keepApps: true });
    await killHouseAfter('checking', [late]);
    const runtime = await open();
    await runtime.restore(first);
    await runtime.apply(late);
    await runtime.sweep();
    expect((await ended(runtime, late)).state).toBe('healthy');
    expect(await ask(runtime, appId)).toBe('two');
    await until(() => runtime.instances(appId).every((view) => view.generation === late.generation));
    await runtime.stop({ keepApps: false });
    expect(await leftOver()).toEqual([]);
  });

  test('a house killed in a build leaves no process, no folder and no release', async () => {
    const daemon =
      'require("child_process").spawn(process.execPath,["-e","setInterval(()=>{},1e3)"],{detached:true,stdio:"ignore"}).unref(); console.log("up"); setInterval(()=>{},1e3)';
    const asked = order(mkdtempSync(join(root, 'source-')), newId('app'), { 'b.js': daemon }, ['node', 'b.js']);
    await killHouseAfter('up', [], asked);
    await open();
    expect(await leftOver()).toEqual([]);
    expect(readdirSync(join(folder, 'builds'))).toEqual([]);
    expect(readdirSync(join(folder, 'releases'))).toEqual([]);
  });

  test('a program that leaves its parent does not stay behind', async () => {
    const daemonise =
      'require("child_process").spawn(process.execPath,["-e","setInterval(()=>{},1e3)"],{detached:true,stdio:"ignore",env:{}}).unref();';
    const desired = await released(newId('app'), daemonise + server('x'));
    const runtime = await open();
    await runtime.apply(desired);
    await ended(runtime, desired);
    const ofApp = () =>
      readdirSync('/proc').filter((name) => {
        if (!/^\d+$/.test(name) || !existsSync(`/proc/${name}/status`)) return false;
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('setInterval(()=>{},1e3)');
      });
    expect(ofApp().length).toBeGreaterThan(0);
    await runtime.stop({ keepApps: false });
    expect(ofApp()).toEqual([]);
  });
});
