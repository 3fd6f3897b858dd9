import { type Reader, statement, type Writer } from '@steading/db';

const renew = statement<[hash: Buffer, expires: Date]>(
  'identity.setup.renew',
  `insert into identity.setup (token_hash, expires_at) values ($1, $2)
   on conflict (one) do update set token_hash = $1, expires_at = $2 where identity.setup.claimed_at is null`,
);
const claim = statement<[hash: Buffer, now: Date, personId: string]>(
  'identity.setup.claim',
  `update identity.setup set claimed_at = $2, claimed_by = $3
    where claimed_at is null and token_hash = $1 and expires_at > $2`,
);
const state = statement<[], { claimed: boolean }>(
  'identity.setup.state',
  'select claimed_at is not null as claimed from identity.setup',
);

export async function isClaimed(reader: Reader): Promise<boolean> {
  return (await reader.first(state))?.claimed ?? false;
}

export function setupWriter(tx: Writer) {
  return {
    /** Replaces the link while nobody has claimed it. */
    renew: (hash: Buffer, expires: Date) => tx.run(renew, hash, expires),
    /** True for one caller only, ever: the row is locked by the first and claimed for the second. */
    claim: async (hash: Buffer, now: Date, personId: string) => (await tx.run(claim, hash, now, personId)) === 1,
  };
}
