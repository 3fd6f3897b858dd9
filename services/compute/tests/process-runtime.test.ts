import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, systemClock } from '@steading/kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProcessRuntime } from '#src/runtime/process/process-runtime.ts';
import type { Runtime } from '#src/runtime/runtime.ts';
import { runtimeBehaviour } from './runtime-behaviour.ts';

describe('the process runtime', () => {
  let runtime: Runtime;
  let root: string;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'steading-compute-'));
    chmodSync(root, 0o711);
    runtime = await createProcessRuntime({
      ...{ folder: join(root, 'compute'), firstUid: 60_000, ports: { first: 21_000, last: 29_999 } },
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

  test('leaves no folder of a build behind', () => {
    expect(readdirSync(join(root, 'compute', 'builds'))).toEqual([]);
  });
});
