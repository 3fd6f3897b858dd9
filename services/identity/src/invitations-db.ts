import { type Reader, statement, type Writer } from '@steading/db';
import { type EmailProof, emailKey } from '#src/people.ts';

export type InvitationRow = {
  readonly id: string;
  readonly email: string;
  readonly to_what: string;
  readonly return_path: string;
  readonly invited_by: string;
  readonly proof: EmailProof;
  readonly state: 'invited' | 'accepted' | 'withdrawn';
  readonly created_at: Date;
  readonly expires_at: Date;
};

const columns = 'id, email, to_what, return_path, invited_by, proof, state, created_at, expires_at';

const openByHash = statement<[hash: Buffer, now: Date], InvitationRow>(
  'identity.invitations.openByHash',
  `select ${columns} from identity.invitations where token_hash = $1 and state = 'invited' and expires_at > $2`,
);
const openByEmail = statement<[key: string, now: Date], InvitationRow>(
  'identity.invitations.openByEmail',
  `select ${columns} from identity.invitations
    where email_key = $1 and state = 'invited' and expires_at > $2 order by created_at desc limit 1`,
);
const list = statement<[], InvitationRow>(
  'identity.invitations.list',
  `select ${columns} from identity.invitations order by created_at desc, id desc limit 200`,
);
const countOpen = statement<[now: Date, by: string], { everywhere: number; own: number }>(
  'identity.invitations.countOpen',
  `select count(*)::int as everywhere, (count(*) filter (where invited_by = $2))::int as own
     from identity.invitations where state = 'invited' and expires_at > $1`,
);
const insert = statement<
  [
    id: string,
    email: string,
    key: string,
    hash: Buffer,
    toWhat: string,
    returnPath: string,
    by: string,
    proof: EmailProof,
    now: Date,
    expires: Date,
  ],
  InvitationRow
>(
  'identity.invitations.insert',
  `insert into identity.invitations
     (id, email, email_key, token_hash, to_what, return_path, invited_by, proof, state, created_at, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, 'invited', $9, $10) returning ${columns}`,
);
const setProof = statement<[id: string, proof: EmailProof]>(
  'identity.invitations.setProof',
  'update identity.invitations set proof = $2 where id = $1',
);
const accept = statement<[id: string, personId: string, now: Date]>(
  'identity.invitations.accept',
  `update identity.invitations set state = 'accepted', accepted_by = $2
    where id = $1 and state = 'invited' and expires_at > $3`,
);
const withdraw = statement<[id: string], InvitationRow>(
  'identity.invitations.withdraw',
  `update identity.invitations set state = 'withdrawn' where id = $1 and state = 'invited' returning ${columns}`,
);
const removeOld = statement<[before: Date]>(
  'identity.invitations.removeOld',
  'delete from identity.invitations where expires_at < $1',
);

export function invitationsReader(reader: Reader) {
  return {
    openByHash: (hash: Buffer, now: Date) => reader.first(openByHash, hash, now),
    openByEmail: (email: string, now: Date) => reader.first(openByEmail, emailKey(email), now),
    /** The newest 200. */
    list: () => reader.all(list),
    countOpen: (now: Date, by: string) => reader.first(countOpen, now, by),
  };
}

export interface NewInvitation {
  readonly id: string;
  readonly email: string;
  readonly tokenHash: Buffer;
  readonly toWhat: string;
  readonly returnPath: string;
  readonly by: string;
  readonly proof: EmailProof;
  readonly now: Date;
  readonly expires: Date;
}

export function invitationsWriter(tx: Writer) {
  return {
    ...invitationsReader(tx),
    insert: (one: NewInvitation) =>
      tx.first(
        insert,
        one.id,
        one.email,
        emailKey(one.email),
        one.tokenHash,
        one.toWhat,
        one.returnPath,
        one.by,
        one.proof,
        one.now,
        one.expires,
      ),
    setProof: (id: string, proof: EmailProof) => tx.run(setProof, id, proof),
    /** False where somebody was faster. */
    accept: async (id: string, personId: string, now: Date) => (await tx.run(accept, id, personId, now)) === 1,
    withdraw: (id: string) => tx.first(withdraw, id),
    removeOld: (before: Date) => tx.run(removeOld, before),
  };
}
