import { type Reader, statement, type Writer } from '@steading/db';

export type TokenRow = {
  readonly id: string;
  readonly prefix: string;
  readonly person_id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
};

const columns = 'id, prefix, person_id, name, scopes, created_at, expires_at, last_used_at';

const byPrefix = statement<[prefix: string], TokenRow & { readonly secret_mac: Buffer; readonly state: string }>(
  'identity.tokens.byPrefix',
  `select t.id, t.prefix, t.person_id, t.name, t.scopes, t.created_at, t.expires_at, t.last_used_at, t.secret_mac, p.state
     from identity.tokens t join identity.people p on p.id = t.person_id where t.prefix = $1`,
);
const ofPerson = statement<[personId: string, now: Date], TokenRow>(
  'identity.tokens.ofPerson',
  `select ${columns} from identity.tokens where person_id = $1 and (expires_at is null or expires_at > $2)
    order by created_at desc, id limit 200`,
);
const count = statement<[personId: string], { count: number }>(
  'identity.tokens.count',
  'select count(*)::int as count from identity.tokens where person_id = $1',
);
const insert = statement<
  [
    id: string,
    prefix: string,
    personId: string,
    name: string,
    mac: Buffer,
    scopes: readonly string[],
    now: Date,
    expires: Date | null,
  ],
  TokenRow
>(
  'identity.tokens.insert',
  `insert into identity.tokens (id, prefix, person_id, name, secret_mac, scopes, created_at, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${columns}`,
);
const used = statement<[id: string, now: Date, address: string | null]>(
  'identity.tokens.used',
  'update identity.tokens set last_used_at = $2, last_used_address = $3 where id = $1',
);
const remove = statement<[id: string, personId: string], TokenRow>(
  'identity.tokens.remove',
  `delete from identity.tokens where id = $1 and person_id = $2 returning ${columns}`,
);
const expired = statement<[now: Date], TokenRow>(
  'identity.tokens.expired',
  `delete from identity.tokens where id in
     (select id from identity.tokens where expires_at <= $1 order by expires_at limit 1000) returning ${columns}`,
);

export function tokensReader(reader: Reader) {
  return {
    byPrefix: (prefix: string) => reader.first(byPrefix, prefix),
    ofPerson: (personId: string, now: Date) => reader.all(ofPerson, personId, now),
    count: async (personId: string) => (await reader.first(count, personId))?.count ?? 0,
  };
}

export interface NewToken {
  readonly id: string;
  readonly prefix: string;
  readonly personId: string;
  readonly name: string;
  readonly secretMac: Buffer;
  readonly scopes: readonly string[];
  readonly now: Date;
  readonly expires: Date | null;
}

export function tokensWriter(tx: Writer) {
  return {
    ...tokensReader(tx),
    insert: (one: NewToken) =>
      tx.first(insert, one.id, one.prefix, one.personId, one.name, one.secretMac, one.scopes, one.now, one.expires),
    used: (id: string, now: Date, address: string | null) => tx.run(used, id, now, address),
    remove: (id: string, personId: string) => tx.first(remove, id, personId),
    expired: (now: Date) => tx.all(expired, now),
  };
}
