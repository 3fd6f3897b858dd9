import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { type Identity, newSecretKey, readRecoveryKey } from '@steading/backup';
import { Failure } from '#src/failure.ts';
import { dataFolder } from '#src/local/data-folder.ts';
import { houseKeyFolder } from '#src/local/house-keys.ts';
import type { Output } from '#src/output.ts';

/**
 * `steading backup key`: makes the key that opens back-ups when this machine is gone. Its public half stays beside the
 * house's keys; the secret half is shown once and kept nowhere.
 */
export function makeRecoveryKey(options: { data?: string; replace?: boolean; out?: string }, out: Output): void {
  const folder = houseKeyFolder(dataFolder(options.data));
  const file = join(folder, 'backup-recipient');
  if (!existsSync(join(folder, 'master.key')))
    throw new Failure(`There is no house with its keys in ${folder}. Name its folder with --data.`);
  if (existsSync(file) && !options.replace)
    throw new Failure(
      'There is a recovery key already. With --replace another one takes its place for what is made from now on; earlier back-ups still need the earlier key.',
    );
  const secret = newSecretKey();
  const recipient = readRecoveryKey(secret).recipient.text;
  if (options.out) writeFileSync(options.out, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${recipient}\n`, { mode: 0o600 });
  if (options.out) out.line(`The recovery key is in ${options.out}. Take it off this machine, and delete it here.`);
  else {
    out.line('This is the recovery key of the house. It is shown once and kept nowhere:');
    out.line();
    out.line(`    ${secret}`);
    out.line();
  }
  out.line('Whoever has it can open every back-up; without it nobody can when this machine is gone.');
  out.data({ recipient, ...(options.out ? { file: options.out } : { recoveryKey: secret }) });
}

/** From `--recovery-key-file` (`-`: standard input), STEADING_RECOVERY_KEY, or asked for on a terminal. Never from an argument. */
export async function readGivenKey(file: string | undefined): Promise<Identity | undefined> {
  if (file === '-') return readRecoveryKey(readFileSync(0, 'utf8'));
  if (file) {
    try {
      return readRecoveryKey(readFileSync(file, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Failure(`There is no file ${file}.`, 'usage');
      throw error;
    }
  }
  const { STEADING_RECOVERY_KEY: given } = process.env;
  return given ? readRecoveryKey(given) : undefined;
}

export async function askForKey(): Promise<Identity> {
  if (!process.stdin.isTTY)
    throw new Failure(
      'A restore needs the recovery key: --recovery-key-file <file> (- for standard input), or STEADING_RECOVERY_KEY.',
      'usage',
    );
  process.stderr.write('Recovery key (not shown): ');
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: muted, terminal: true });
  const line = await new Promise<string>((resolve) => lines.question('', resolve));
  lines.close();
  process.stderr.write('\n');
  return readRecoveryKey(line);
}
