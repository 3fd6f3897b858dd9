import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { processesMarked, runProgram, startProgram } from '#src/programs/programs.ts';

const env = { PATH: process.env.PATH ?? '' };
const sh = (script: string) => ({ argv: ['sh', '-c', script], env });

const folder = mkdtempSync(join(tmpdir(), 'steading-programs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = (script: string, mark: string) => ({
  argv: ['sh', '-c', script],
  env: { ...env, MARK: mark },
  cwd: folder,
  stdout: 'pipe',
  stderr: 'pipe',
  status: join(folder, `${mark}.status`),
  given: 'a secret\n',
  endsWithHouse: true,
});

async function textOf(output: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of output) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

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

test('a program that lives on gives its output, takes what it is given, and says how it ended', async () => {
  const program = await startProgram(start('cat <&4; echo told >&3; echo wrong >&2; kill -9 $$', 'told'));
  expect(await Promise.all([textOf(program.stdout), textOf(program.stderr)])).toEqual(['a secret\n', 'wrong\n']);
  expect(await program.exited).toEqual({ signal: 'SIGKILL' });
  expect(readFileSync(join(folder, 'told.status'), 'utf8')).toBe('told\n');

  const file = join(folder, 'output');
  const quiet = await startProgram({ ...start('echo kept', 'file'), stdout: file, stderr: file });
  expect(await textOf(quiet.stdout)).toBe('');
  expect(await quiet.exited).toEqual({ code: 0 });
  expect(readFileSync(file, 'utf8')).toBe('kept\n');
  await expect(startProgram({ ...start('', 'none'), argv: ['steading-no-such-program'] })).rejects.toThrow('ENOENT');
  await expect(startProgram({ ...start('', 'none'), stdout: join(folder, 'no', 'file') })).rejects.toThrow('ENOENT');
});

test('a program whose output nobody reads waits at its pipe, and one whose reader left does not', async () => {
  const program = await startProgram(start('head -c 20000000 /dev/zero; echo over >&2', 'paced'));
  const isOver = program.exited.then(() => 'over');
  expect(await Promise.race([isOver, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))])).toBe('waits');
  for await (const chunk of program.stdout) if (chunk.length > 0) break;
  expect(await isOver).toBe('over');
});

test('is found by its mark', async () => {
  const program = await startProgram(start('sleep 600', 'found-by-it'));
  expect(await processesMarked('\0MARK=found-by-it\0')).toEqual(expect.arrayContaining([program.pid]));
  process.kill(-program.pid, 'SIGKILL');
  expect(await program.exited).toEqual({ signal: 'SIGKILL' });
  // The rest of its group ends a moment later.
  await expect.poll(() => processesMarked('\0MARK=found-by-it\0')).toEqual([]);
});

test.each([true, false])('of a house that is killed what should end with it does (%s)', async (endsWithHouse) => {
  const programs = new URL('./programs.ts', import.meta.url).pathname;
  const mark = `house-${endsWithHouse}`;
  const order = { ...start('sleep 600', mark), stdout: '/dev/null', stderr: '/dev/null', endsWithHouse };
  const script = `import { runProgram, startProgram } from ${JSON.stringify(programs)};
    const { pid } = await startProgram(${JSON.stringify(order)});
    runProgram({ argv: ['sh', '-c', 'echo $$ > tool; sleep 600'], env: { PATH: process.env.PATH }, cwd: ${JSON.stringify(folder)} });
    console.log(pid);
    setInterval(() => {}, 1000);`;
  const house = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]);
  const [pid = ''] = (await once(createInterface({ input: house.stdout }), 'line')) as [string];
  const tool = join(folder, 'tool');
  await expect.poll(() => existsSync(tool) && readFileSync(tool, 'utf8').trim(), { timeout: 5_000 }).toBeTruthy();
  house.kill('SIGKILL');
  await expect.poll(() => runs(readFileSync(tool, 'utf8').trim()), { timeout: 5_000 }).toBe(false);
  await expect.poll(() => runs(pid), { timeout: 5_000 }).toBe(!endsWithHouse);
  if (!endsWithHouse) process.kill(-Number(pid), 'SIGKILL');
  rmSync(tool);
});

test.runIf(process.getuid?.() === 0).each([
  [-5, [0, 10]],
  [5, [5, 10]],
] as const)('what a house of nice %i starts does not take its precedence', async (nice, expected) => {
  const programs = new URL('./programs.ts', import.meta.url).pathname;
  // It is set a moment after a program began.
  const told = (usual: number) => `for each in $(seq 50); do [ $(nice) = ${usual} ] && break; sleep 0.1; done; nice`;
  const script = `import { setPriority } from 'node:os';
    import { runProgram, startProgram } from ${JSON.stringify(programs)};
    setPriority(${nice});
    const program = await startProgram(${JSON.stringify(start(told(expected[0]), 'precedence'))});
    for await (const chunk of program.stdout) process.stdout.write(chunk);
    const { stdout } = await runProgram({ argv: ['sh', '-c', ${JSON.stringify(told(expected[1]))}], env: { PATH: process.env.PATH } });
    console.log(stdout.trim());`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  const house = await runProgram({ argv: [process.execPath, ...args], env });
  expect(house.stdout.trim().split('\n').map(Number)).toEqual(expected);
});

test('a host that is lost fails what ran to its end, and the next order gets another', async () => {
  const program = await startProgram(start('sleep 600', 'orphan'));
  const tool = runProgram(sh('sleep 600'));
  const lost = expect(tool).rejects.toThrow('the process that starts programs ended');
  const [stat] = [readFileSync(`/proc/${program.pid}/stat`, 'utf8')];
  process.kill(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]), 'SIGKILL');
  await lost;
  expect(await program.exited).toBeUndefined();
  expect(await textOf(program.stdout)).toBe('');
  expect((await runProgram(sh('echo again'))).stdout).toBe('again\n');
  process.kill(-program.pid, 'SIGKILL');
});
