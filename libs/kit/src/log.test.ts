import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const logModule = JSON.stringify(new URL('./log.ts', import.meta.url).href);

/** A program whose standard output takes nothing: every write fails as on a full disk. */
test.runIf(process.platform === 'linux')('a log that cannot be written ends nobody, and holds nobody up', async () => {
  const script = `
    const { createLog } = await import(${logModule});
    const log = createLog();
    for (let count = 0; count < 200; count++) {
      log.info({ text: 'x'.repeat(100_000) }, 'a line');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    console.error('still here, with ' + (process.memoryUsage().rss < 300e6 ? 'little' : 'much') + ' memory');
    process.exit(0);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    timeout: 25_000,
    killSignal: 'SIGKILL',
  });
  const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')]);
  expect(said).toContain('still here, with little memory');
  expect(code).toBe(0);
});
