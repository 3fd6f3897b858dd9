import { execFile } from 'node:child_process';
import { systemPath } from '#src/runtime/process/isolation.ts';

/** Runs a program of the system, by argv, with a clean environment and a deadline; gives what it printed. */
export function runTool(
  argv: readonly string[],
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<string> {
  const options = { env: { PATH: systemPath }, timeout: timeoutMs, maxBuffer: 2 ** 20, ...(signal && { signal }) };
  return new Promise((resolve, reject) => {
    execFile(argv[0]!, argv.slice(1), options, (error, stdout) => {
      if (signal?.aborted) reject(signal.reason);
      else if (error) reject(new Error(`${argv[0]} failed`, { cause: error }));
      else resolve(stdout);
    });
  });
}

/** What a folder takes on the disk. */
export async function folderBytes(folder: string): Promise<number> {
  const text = await runTool(['du', '-sk', '--', folder], { timeoutMs: 60_000 });
  return Number.parseInt(text, 10) * 1024;
}
