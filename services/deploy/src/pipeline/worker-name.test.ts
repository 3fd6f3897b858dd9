import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isDeadWorker, nameWorker } from './worker-name.ts';

const linux = process.platform === 'linux';

test('a worker of this process is not dead, and no two have one name', () => {
  expect(isDeadWorker(nameWorker())).toBe(false);
  expect(nameWorker()).not.toBe(nameWorker());
});

test.runIf(linux)('a worker of a process that has ended is dead, also where its pid is used again', async () => {
  const child = spawn('true');
  const { pid } = child;
  await once(child, 'close');
  const name = nameWorker();
  expect(isDeadWorker(name.replace(`:${process.pid}:`, `:${pid}:`))).toBe(true);
  expect(isDeadWorker(name.replace(/\d+$/, '1'))).toBe(true);
});

test.runIf(linux)('of a worker on another machine nothing is known', () => {
  expect(isDeadWorker('wrk_other')).toBe(false);
  expect(isDeadWorker('nobody')).toBe(false);
  const elsewhere = nameWorker().replace(/@[0-9a-f]{8}/, '@00000000');
  expect(isDeadWorker(elsewhere.replace(/\d+$/, '1'))).toBe(false);
});
