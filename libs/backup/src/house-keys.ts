import { createHash } from 'node:crypto';
import { type Identity, identityFrom, parseIdentity, parseRecipient, type Recipient } from '#src/age/keys.ts';
import { BackupProblem } from '#src/backup-problem.ts';

/** What a house's own key opens, so that it can prove its back-ups without the operator's recovery key. */
export interface HouseKeys {
  readonly identity: Identity;
  /** In names of back-ups: which house they are of. Follows from the master key, so it survives a restore. */
  readonly houseId: string;
}

/** @param key 32 bytes derived from the house's master key for this purpose alone. */
export function houseKeys(key: Buffer): HouseKeys {
  const identity = identityFrom(key);
  return { identity, houseId: createHash('sha256').update(identity.recipient.raw).digest('hex').slice(0, 8) };
}

/** The operator's recovery key, as text of a file or the environment. */
export function readRecoveryKey(text: string): Identity {
  try {
    return parseIdentity(text);
  } catch (error) {
    throw new BackupProblem(
      'That is no recovery key. It is one line that begins with AGE-SECRET-KEY-1; every character counts.',
      error,
    );
  }
}

/** The public half that lies beside the house's keys. */
export function readRecoveryRecipient(text: string): Recipient {
  try {
    return parseRecipient(text);
  } catch (error) {
    throw new BackupProblem(
      'keys/backup-recipient is damaged. Make a recovery key anew: steading backup key --replace',
      error,
    );
  }
}
