import { statement, type Writer } from '@steading/db';
import type { Failures } from '#src/lockout.ts';

const lock = statement<[subject: Buffer]>(
  'identity.failures.lock',
  `insert into identity.sign_in_failures (subject, failures, next_at, forget_at)
   values ($1, 0, 'epoch', 'epoch') on conflict (subject) do nothing`,
);
const read = statement<[subject: Buffer], { failures: number; next_at: Date; forget_at: Date }>(
  'identity.failures.read',
  'select failures, next_at, forget_at from identity.sign_in_failures where subject = $1 for update',
);
const write = statement<[subject: Buffer, failures: number, next: Date, forget: Date]>(
  'identity.failures.write',
  'update identity.sign_in_failures set failures = $2, next_at = $3, forget_at = $4 where subject = $1',
);
const clear = statement<[subject: Buffer]>(
  'identity.failures.clear',
  'delete from identity.sign_in_failures where subject = $1',
);
const removeOld = statement<[now: Date]>(
  'identity.failures.removeOld',
  'delete from identity.sign_in_failures where forget_at <= $1',
);

export function failuresWriter(tx: Writer) {
  return {
    /** What is known of this address; nobody else changes it until the transaction ends. */
    async lock(subject: Buffer): Promise<Failures | undefined> {
      await tx.run(lock, subject);
      const row = await tx.first(read, subject);
      if (!row || row.failures === 0) return undefined;
      return { failures: row.failures, nextAtMs: row.next_at.getTime(), forgetAtMs: row.forget_at.getTime() };
    },
    write: (subject: Buffer, failures: Failures) =>
      tx.run(write, subject, failures.failures, new Date(failures.nextAtMs), new Date(failures.forgetAtMs)),
    clear: (subject: Buffer) => tx.run(clear, subject),
    removeOld: (now: Date) => tx.run(removeOld, now),
  };
}
