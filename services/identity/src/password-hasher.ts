import { type Algorithm, hash, type Options, verify } from '@node-rs/argon2';
import { fail } from '#src/errors.ts';
import { normalPassword } from '#src/passwords.ts';

/**
 * OWASP's Password Storage Cheat Sheet: argon2id, 19 MiB, 2 passes, 1 lane. The enum's value is written out: it is
 * declared `const enum`, which erased types cannot read.
 */
const argon2id: Options = { algorithm: 2 as Algorithm, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes with argon2id, a few at a time: each holds 19 MiB and a thread of the pool. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Takes as long without a stored hash as with one, and then answers false. */
  verify(stored: string | null | undefined, password: string): Promise<boolean>;
}

export function createPasswordHasher(options: {
  /** At once; default 2. */
  readonly atOnce?: number;
  /** Waiting; default 64. More are refused as `identity.busy`. */
  readonly mostWaiting?: number;
}): PasswordHasher {
  const { atOnce = 2, mostWaiting = 64 } = options;
  let running = 0;
  const waiting: (() => void)[] = [];
  const nobody = hash('nobody has this password', argon2id);
  nobody.catch(() => {});

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= atOnce) {
      if (waiting.length >= mostWaiting) throw fail('identity.busy');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  }

  return {
    hash: (password) => inTurn(() => hash(normalPassword(password), argon2id)),
    verify: (stored, password) =>
      inTurn(async () => {
        const matches = await verify(stored ?? (await nobody), normalPassword(password));
        return matches && typeof stored === 'string';
      }),
  };
}
