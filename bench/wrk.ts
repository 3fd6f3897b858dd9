import { spawn } from 'node:child_process';

export interface Measured {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly answered: number;
}

/**
 * Sends with wrk, from one thread. Fails on any answer that is no success, and on `refused: …` printed by a script.
 * @param args wrk's own, the address last.
 */
export async function runWrk(args: readonly string[]): Promise<Measured> {
  const text = await run('wrk', ['-t1', '--latency', ...args]);
  const answered = Number(/(\d+) requests in/.exec(text)?.[1] ?? 0);
  if (answered === 0 || /Non-2xx|Socket errors|refused: /.test(text))
    throw new Error(`${args.at(-1)} did not answer well:\n${text}`);
  const requestsPerSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1] ?? 0);
  return { answered, requestsPerSecond, p50Ms: percentile(text, 50), p99Ms: percentile(text, 99) };
}

function percentile(text: string, of: number): number {
  const [, amount, unit] = new RegExp(`${of}%\\s+([\\d.]+)(us|ms|s)`).exec(text) ?? [];
  return Number(amount) * (unit === 'us' ? 0.001 : unit === 's' ? 1000 : 1);
}

function run(command: string, argv: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.once('error', () => reject(new Error(`${command} is needed. On Debian: apt-get install ${command}`)));
    child.once('close', () => resolve(text));
  });
}
