import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Failure } from '#src/failure.ts';

/** The house this command talks to, and the token it uses; kept at `~/.config/steading/account.json`, mode 0600. */
export interface Account {
  readonly url: string;
  readonly token: string;
}

function accountFile(): string {
  return join(process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'steading', 'account.json');
}

/** From STEADING_URL and STEADING_TOKEN (for CI), else from the file that `steading login` wrote. */
export function readAccount(): Account {
  const { STEADING_URL: url, STEADING_TOKEN: token } = process.env;
  if (url && token) return { url: url.replace(/\/$/, ''), token };
  try {
    return JSON.parse(readFileSync(accountFile(), 'utf8')) as Account;
  } catch {
    throw new Failure('You are not signed in. Run: steading login <address of the house>', 'notSignedIn');
  }
}

export function writeAccount(account: Account): void {
  const file = accountFile();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, `${JSON.stringify(account, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
