import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runProgram } from '#src/programs.ts';

const env = { PATH: process.env.PATH ?? '' };
const sh = (script: string) => ({ argv: ['sh', '-c', script], env });

/** A zombie, which whoever adopts orphans has not taken away yet, runs nothing. */
function runs(pid: string): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('gives what a program printed and how it ended, and none of the environment of the house', async () => {
  process.env.STEADING_PROGRAM_PROBE = 'seen';
  expect(await runProgram(sh('echo out; echo "err$STEADING_PROGRAM_PROBE" >&2; exit 3'))).toEqual({
    code: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  delete process.env.STEADING_PROGRAM_PROBE;
  expect(await runProgram(sh('kill -9 $$'))).toMatchObject({ code: 128, signal: 'SIGKILL' });
});

test('runs with less priority than the house', async () => {
  const { stdout } = await runProgram(sh('sleep 0.1; nice'));
  expect(Number(stdout)).toBeGreaterThan(0);
});

test('keeps no more than asked of what is printed, and lets the program end', async () => {
  const { code, stdout } = await runProgram({ ...sh('head -c 3000000 /dev/zero | tr "\\0" x'), mostBytes: 1_000 });
  expect({ code, length: stdout.length }).toEqual({ code: 0, length: 1_000 });
});

test('a program that takes too long or is not wanted any more ends with what it started', async () => {
  const grandchild = sh('sleep 600 & echo $!; wait');
  const late = await runProgram({ ...grandchild, timeoutMs: 200 });
  expect(late).toMatchObject({ code: 128, signal: 'SIGKILL' });
  const stop = new AbortController();
  const stopped = runProgram({ ...grandchild, signal: stop.signal });
  setTimeout(() => stop.abort(new Error('not wanted')), 100);
  await expect(stopped).rejects.toThrow('not wanted');
  await expect.poll(() => runs(late.stdout.trim()), { timeout: 5_000 }).toBe(false);
});

test('one that does not exist is an error, and many at once do not mix', async () => {
  await expect(runProgram({ argv: ['steading-no-such-program'], env })).rejects.toThrow('ENOENT');
  const ends = await Promise.all(Array.from({ length: 20 }, (_, index) => runProgram(sh(`echo ${index}`))));
  expect(ends.map(({ stdout }) => stdout.trim())).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
});
