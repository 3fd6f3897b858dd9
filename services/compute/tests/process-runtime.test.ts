import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, newId, systemClock } from '@steading/kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProcessRuntime } from '#src/runtime/process/process-runtime.ts';
import type { Runtime } from '#src/runtime/runtime.ts';
import { ask, build, desiredFor, ended, order, runtimeBehaviour, server } from './runtime-behaviour.ts';

describe('the process runtime', () => {
  let runtime: Runtime;
  let root: string;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'steading-compute-'));
    chmodSync(root, 0o711);
    runtime = await createProcessRuntime({
      ...{ folder: join(root, 'compute'), firstUid: 60_000, host: '127.0.0.1', ports: { first: 21_000, last: 29_999 } },
      ...{ buildCaFile: '', buildNpmRegistry: '', buildCpuMillis: 0, buildMemoryBytes: 0 },
      ...{ clock: systemClock, log: createLog({ level: 'error' }), events: { changed() {}, settled() {} } },
    });
    await runtime.start();
    await runtime.sweep();
  });

  afterAll(async () => {
    await runtime.stop({ keepApps: false });
    rmSync(root, { recursive: true, force: true });
  });

  runtimeBehaviour(() => ({ runtime, folder: () => mkdtempSync(join(root, 'source-')) }));

  test.runIf(process.platform === 'linux')(
    'a sandboxed app sees neither the house nor its neighbours',
    async (context) => {
      if (runtime.description.isolation !== 'bubblewrap') return context.skip();
      const appId = newId('app');
      const probe = `(() => {
      const fs = require('node:fs');
      const can = (call) => { try { call(); return true; } catch { return false; } };
      return JSON.stringify({
        house: can(() => fs.readdirSync(${JSON.stringify(root)})),
        shadow: can(() => fs.readFileSync('/etc/shadow')),
        writesRelease: can(() => fs.writeFileSync('/app/x', '')),
        writesSystem: can(() => fs.writeFileSync('/usr/x', '')),
        writesData: can(() => fs.writeFileSync(process.env.HOME + '/x', '')),
        processes: fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length,
        rights: /CapEff:\\s*(\\w+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1],
        user: process.getuid(),
      });
    })()`;
      const events = await build(
        runtime,
        order(mkdtempSync(join(root, 'source-')), appId, { 'app.js': server('', probe) }),
      );
      const end = events.at(-1)!;
      if (end.kind !== 'done') throw new Error(JSON.stringify(end));
      const desired = desiredFor(appId, end.releaseId);
      await runtime.apply(desired);
      await ended(runtime, desired);
      const seen = JSON.parse(await ask(runtime, appId)) as Record<string, unknown>;
      const nothing = { house: false, shadow: false, writesRelease: false, writesSystem: false };
      expect(seen).toMatchObject({ ...nothing, writesData: true, rights: '0000000000000000' });
      expect(seen.user).not.toBe(0);
      expect(seen.processes).toBeLessThan(5);
      await runtime.removeApp(appId);
    },
  );

  test('leaves no folder of a build behind', () => {
    expect(readdirSync(join(root, 'compute', 'builds'))).toEqual([]);
  });

  test('runs programs and sites where gateways of other machines reach them', async () => {
    const elsewhere = await createProcessRuntime({
      ...{
        folder: join(root, 'elsewhere'),
        firstUid: 61_000,
        host: '127.0.0.2',
        ports: { first: 21_000, last: 29_999 },
      },
      ...{ buildCaFile: '', buildNpmRegistry: '', buildCpuMillis: 0, buildMemoryBytes: 0 },
      ...{ clock: systemClock, log: createLog({ level: 'error' }), events: { changed() {}, settled() {} } },
    });
    await elsewhere.start();
    for (const [files, command] of [
      [{ 'app.js': server('there') }, ['node', 'app.js']],
      [{ 'index.html': 'there' }, []],
    ] as const) {
      const appId = newId('app');
      const end = (await build(elsewhere, order(mkdtempSync(join(root, 'source-')), appId, files))).at(-1)!;
      if (end.kind !== 'done') throw new Error(JSON.stringify(end));
      const desired = desiredFor(appId, end.releaseId, { command });
      await elsewhere.apply(desired);
      expect((await ended(elsewhere, desired)).state).toBe('healthy');
      expect(elsewhere.instances(appId)[0]?.address).toMatch(/^127\.0\.0\.2:/);
      expect(await ask(elsewhere, appId)).toBe('there');
    }
    await elsewhere.stop({ keepApps: false });
  });
});
