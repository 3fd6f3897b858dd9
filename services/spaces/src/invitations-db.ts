import { type Reader, statement, type Writer } from '@steading/db';
import type { MemberRole } from '#src/communities.ts';

export type InvitationRow = {
  readonly id: string;
  readonly space_id: string;
  readonly email: string;
  readonly person_id: string | null;
  readonly role: MemberRole;
  readonly state: 'invited' | 'accepted' | 'rejected' | 'withdrawn';
  readonly invited_by: string;
  readonly created_at: Date;
};

const columns = 'id, space_id, email, person_id, role, state, invited_by, created_at';

const byId = statement<[id: string], InvitationRow>(
  'spaces.invitations.byId',
  `select ${columns} from spaces.invitations where id = $1`,
);
const ofSpace = statement<[spaceId: string], InvitationRow>(
  'spaces.invitations.ofSpace',
  `select ${columns} from spaces.invitations where space_id = $1 order by created_at desc, id desc limit 500`,
);
const openOf = statement<[personId: string], InvitationRow>(
  'spaces.invitations.openOf',
  `select ${columns} from spaces.invitations where person_id = $1 and state = 'invited' order by created_at limit 200`,
);
const openByEmail = statement<[key: string], InvitationRow>(
  'spaces.invitations.openByEmail',
  `select ${columns} from spaces.invitations
    where email_key = $1 and person_id is null and state = 'invited' order by created_at limit 200`,
);
const countOpen = statement<[spaceId: string], { count: number }>(
  'spaces.invitations.countOpen',
  `select count(*)::int as count from spaces.invitations where space_id = $1 and state = 'invited'`,
);
const insert = statement<
  [
    id: string,
    spaceId: string,
    email: string,
    key: string,
    personId: string | null,
    role: string,
    by: string,
    now: Date,
  ],
  InvitationRow
>(
  'spaces.invitations.insert',
  `insert into spaces.invitations
     (id, space_id, email, email_key, person_id, role, state, invited_by, created_at)
   values ($1, $2, $3, $4, $5, $6, 'invited', $7, $8)
   on conflict (space_id, email_key) where state = 'invited' do nothing returning ${columns}`,
);
const answer = statement<[id: string, state: string, now: Date], InvitationRow>(
  'spaces.invitations.answer',
  `update spaces.invitations set state = $2, answered_at = $3 where id = $1 and state = 'invited' returning ${columns}`,
);
const give = statement<[id: string, personId: string]>(
  'spaces.invitations.give',
  'update spaces.invitations set person_id = $2 where id = $1',
);
const reopen = statement<[id: string]>(
  'spaces.invitations.reopen',
  `update spaces.invitations set state = 'invited', answered_at = null where id = $1`,
);
const closeOf = statement<[spaceId: string, personId: string, now: Date]>(
  'spaces.invitations.closeOf',
  `update spaces.invitations set state = 'accepted', answered_at = $3
    where space_id = $1 and person_id = $2 and state = 'invited'`,
);

export function invitationsReader(reader: Reader) {
  return {
    byId: (id: string) => reader.first(byId, id),
    /** The newest 500. */
    ofSpace: (spaceId: string) => reader.all(ofSpace, spaceId),
    openOf: (personId: string) => reader.all(openOf, personId),
    openByEmail: (email: string) => reader.all(openByEmail, emailKey(email)),
    countOpen: async (spaceId: string) => (await reader.first(countOpen, spaceId))?.count ?? 0,
  };
}

export interface NewInvitation {
  readonly id: string;
  readonly spaceId: string;
  readonly email: string;
  readonly personId: string | null;
  readonly role: MemberRole;
  readonly by: string;
  readonly now: Date;
}

export function invitationsWriter(tx: Writer) {
  return {
    ...invitationsReader(tx),
    /** Undefined where the address is invited already. */
    insert: (one: NewInvitation) =>
      tx.first(insert, one.id, one.spaceId, one.email, emailKey(one.email), one.personId, one.role, one.by, one.now),
    /** Undefined where it is not open any more. */
    answer: (id: string, state: 'accepted' | 'rejected' | 'withdrawn', now: Date) => tx.first(answer, id, state, now),
    give: (id: string, personId: string) => tx.run(give, id, personId),
    reopen: (id: string) => tx.run(reopen, id),
    /** Whoever came in another way has no invitation left. */
    closeOf: (spaceId: string, personId: string, now: Date) => tx.run(closeOf, spaceId, personId, now),
  };
}

/** Addresses are one person's whatever their case. */
function emailKey(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase();
}
