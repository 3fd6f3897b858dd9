import { spawn } from 'node:child_process';
import { workspaceRoot } from '#src/local/house-process.ts';

export interface Ran {
  readonly code: number;
  readonly text: string;
  readonly ms: number;
}

/** Runs a program of the workspace from its root. With `show` its output goes straight to the terminal as well. */
export function run(
  argv: readonly string[],
  options: { show?: boolean; cwd?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const [command = '', ...rest] = argv;
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, {
      cwd: options.cwd ?? workspaceRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0', ...options.env },
    });
    let text = '';
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ] as const) {
      from.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (options.show) to.write(chunk);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, text, ms: performance.now() - began }));
  });
}

/** Node on a TypeScript file of the workspace. */
export function node(file: string, ...rest: string[]): string[] {
  return [process.execPath, '--disable-warning=ExperimentalWarning', file, ...rest];
}

export function bin(name: string): string {
  return `${workspaceRoot}/node_modules/.bin/${name}`;
}
