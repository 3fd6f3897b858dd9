import { readFileSync } from 'node:fs';
import { fail } from '#src/errors.ts';

const leastCharacters = 10;
const mostBytes = 128;

/** What a password must not be, beside too short, too long or common: something of the person's own. */
export interface PasswordOwner {
  readonly email: string;
  readonly name: string;
}

/** The same password however it was typed (NIST SP 800-63B asks for NFKC or NFKD before hashing). */
export function normalPassword(password: string): string {
  return password.normalize('NFKC');
}

/**
 * Throws where a new password may not be taken. The list of common ones are those of 10 or more characters in the list
 * of @zxcvbn-ts/language-common 4.1.3 (MIT); shorter ones are too short anyway.
 */
export function checkNewPassword(password: string, owner: PasswordOwner, common: ReadonlySet<string>): void {
  const normal = normalPassword(password);
  if ([...normal].length < leastCharacters) throw fail('identity.password-too-short', { least: leastCharacters });
  if (Buffer.byteLength(normal) > mostBytes) throw fail('identity.password-too-long', { most: mostBytes });
  const lower = normal.toLowerCase();
  const email = owner.email.toLowerCase();
  const guessable =
    common.has(lower) ||
    new Set(lower).size < 4 ||
    lower === email ||
    lower === email.split('@')[0] ||
    lower === owner.name.toLowerCase();
  if (guessable) throw fail('identity.password-too-common');
}

export function loadCommonPasswords(): ReadonlySet<string> {
  return new Set(
    readFileSync(new URL('./common-passwords.txt', import.meta.url), 'utf8')
      .split('\n')
      .filter(Boolean),
  );
}
