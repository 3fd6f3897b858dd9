import { runProgram } from '@steading/kit';
import { systemPath } from '#src/runtime/process/isolation.ts';

/** Runs a program of the system, by argv, with a clean environment and a deadline; gives what it printed. */
export async function runTool(
  argv: readonly string[],
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<string> {
  const env = { PATH: systemPath };
  const end = await runProgram({ argv, env, timeoutMs, ...(signal && { signal }) });
  if (end.code !== 0)
    throw new Error(`${argv[0]} failed`, { cause: new Error(end.stderr || (end.signal ?? `code ${end.code}`)) });
  return end.stdout;
}

/** Outside of this process: a release may hold a hundred thousand files, and nobody is answered while they are removed here. */
export async function removeTree(folder: string): Promise<void> {
  await runTool(['rm', '-rf', '--', folder], { timeoutMs: 300_000 });
}

/** What a folder takes on the disk. */
export async function folderBytes(folder: string): Promise<number> {
  const text = await runTool(['du', '-sk', '--', folder], { timeoutMs: 60_000 });
  return Number.parseInt(text, 10) * 1024;
}
