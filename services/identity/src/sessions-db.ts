import { type Reader, statement, type Writer } from '@steading/db';

export type SessionRow = {
  readonly id: string;
  readonly person_id: string;
  readonly device: string;
  readonly user_agent: string;
  readonly address: string | null;
  readonly created_at: Date;
  readonly last_seen_at: Date;
  readonly expires_at: Date;
};

const columns = 'id, person_id, device, user_agent, address, created_at, last_seen_at, expires_at';

const byHash = statement<[hash: Buffer], SessionRow & { readonly state: string }>(
  'identity.sessions.byHash',
  `select s.id, s.person_id, s.device, s.user_agent, s.address, s.created_at, s.last_seen_at, s.expires_at, p.state
     from identity.sessions s join identity.people p on p.id = s.person_id where s.token_hash = $1`,
);
const ofPerson = statement<[personId: string, now: Date], SessionRow>(
  'identity.sessions.ofPerson',
  `select ${columns} from identity.sessions where person_id = $1 and expires_at > $2
    order by last_seen_at desc, id limit 100`,
);
const insert = statement<
  [
    id: string,
    hash: Buffer,
    personId: string,
    device: string,
    userAgent: string,
    address: string | null,
    now: Date,
    expires: Date,
  ]
>(
  'identity.sessions.insert',
  `insert into identity.sessions
     (id, token_hash, person_id, device, user_agent, address, created_at, last_seen_at, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, $7, $8)`,
);
const seen = statement<[id: string, now: Date, expires: Date, address: string | null]>(
  'identity.sessions.seen',
  `update identity.sessions set last_seen_at = $2, expires_at = $3, address = coalesce($4, address)
    where id = $1 and last_seen_at <= $2`,
);
const end = statement<[id: string, personId: string], { id: string }>(
  'identity.sessions.end',
  'delete from identity.sessions where id = $1 and person_id = $2 returning id',
);
const endAll = statement<[personId: string, except: string], { id: string }>(
  'identity.sessions.endAll',
  'delete from identity.sessions where person_id = $1 and id <> $2 returning id',
);
const endOldest = statement<[personId: string, keep: number], { id: string }>(
  'identity.sessions.endOldest',
  `delete from identity.sessions where id in
     (select id from identity.sessions where person_id = $1 order by last_seen_at desc, id offset $2) returning id`,
);
const expired = statement<[now: Date], { id: string; person_id: string }>(
  'identity.sessions.expired',
  `delete from identity.sessions where id in
     (select id from identity.sessions where expires_at <= $1 order by expires_at limit 1000) returning id, person_id`,
);

export function sessionsReader(reader: Reader) {
  return {
    byHash: (hash: Buffer) => reader.first(byHash, hash),
    ofPerson: (personId: string, now: Date) => reader.all(ofPerson, personId, now),
  };
}

export interface NewSession {
  readonly id: string;
  readonly tokenHash: Buffer;
  readonly personId: string;
  readonly device: string;
  readonly userAgent: string;
  readonly address: string | null;
  readonly now: Date;
  readonly expires: Date;
}

export function sessionsWriter(tx: Writer) {
  return {
    insert: (one: NewSession) =>
      tx.run(insert, one.id, one.tokenHash, one.personId, one.device, one.userAgent, one.address, one.now, one.expires),
    seen: (id: string, now: Date, expires: Date, address: string | null) => tx.run(seen, id, now, expires, address),
    /** Undefined where this person has no such session. */
    end: (id: string, personId: string) => tx.first(end, id, personId),
    endAll: (personId: string, except = '') => tx.all(endAll, personId, except),
    endOldest: (personId: string, keep: number) => tx.all(endOldest, personId, keep),
    expired: (now: Date) => tx.all(expired, now),
  };
}
