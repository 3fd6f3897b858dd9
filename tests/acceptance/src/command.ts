import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

export const checkout = resolve(import.meta.dirname, '../../..');

/** Runs `./steading …` as a person would, with a home of its own. */
export function steading(
  args: readonly string[],
  env: Record<string, string> = {},
  cwd: string = checkout,
): Promise<Said> {
  const began = performance.now();
  return new Promise((done, fail) => {
    const child = spawn(join(checkout, 'steading'), args, {
      cwd,
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.once('error', fail);
    child.once('exit', (code) => done({ code: code ?? 1, out, err, ms: performance.now() - began }));
  });
}

/** A folder for a house or a home, which other users may pass through. */
export function makeFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `steading-${name}-`));
  chmodSync(folder, 0o711);
  return folder;
}
