import { type Reader, statement, type Writer } from '@steading/db';

const insert = statement<[hash: Buffer, personId: string, now: Date, expires: Date]>(
  'identity.resets.insert',
  'insert into identity.password_resets (token_hash, person_id, created_at, expires_at) values ($1, $2, $3, $4)',
);
const open = statement<[hash: Buffer, now: Date], { person_id: string }>(
  'identity.resets.open',
  'select person_id from identity.password_resets where token_hash = $1 and expires_at > $2',
);
const use = statement<[hash: Buffer, now: Date], { person_id: string }>(
  'identity.resets.use',
  'delete from identity.password_resets where token_hash = $1 and expires_at > $2 returning person_id',
);
const removeOf = statement<[personId: string]>(
  'identity.resets.removeOf',
  'delete from identity.password_resets where person_id = $1',
);
const removeOld = statement<[now: Date]>(
  'identity.resets.removeOld',
  'delete from identity.password_resets where expires_at <= $1',
);

/** Whose a link is, without using it up. */
export function openReset(reader: Reader, hash: Buffer, now: Date) {
  return reader.first(open, hash, now);
}

export function passwordResetsWriter(tx: Writer) {
  return {
    insert: (hash: Buffer, personId: string, now: Date, expires: Date) => tx.run(insert, hash, personId, now, expires),
    /** Gives whose it was, once. */
    use: (hash: Buffer, now: Date) => tx.first(use, hash, now),
    removeOf: (personId: string) => tx.run(removeOf, personId),
    removeOld: (now: Date) => tx.run(removeOld, now),
  };
}
