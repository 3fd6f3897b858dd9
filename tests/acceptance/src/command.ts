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
  return run([join(checkout, 'steading'), ...args], { env, cwd });
}

/** The same of another checkout. */
export function steadingOf(root: string, args: readonly string[], env: Record<string, string>): Promise<Said> {
  return run([join(root, 'steading'), ...args], { env, cwd: root });
}

/** The same where names lead to the addresses that this file says, in place of the machine's `/etc/hosts`. */
export function steadingAt(
  hosts: string,
  args: readonly string[],
  env: Record<string, string>,
  /** Called with all that was said so far, each time when more is. */
  onSaid?: (out: string) => void,
): Promise<Said> {
  const at = ['bwrap', '--dev-bind', '/', '/', '--ro-bind', hosts, '/etc/hosts', '--'];
  return run([...at, join(checkout, 'steading'), ...args], { env, cwd: checkout, ...(onSaid && { onSaid }) });
}

function run(
  [program = '', ...args]: readonly string[],
  options: { env: Record<string, string>; cwd: string; onSaid?: (out: string) => void },
): Promise<Said> {
  const { env, cwd, onSaid } = options;
  const began = performance.now();
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      cwd,
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
      onSaid?.(out);
    });
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
