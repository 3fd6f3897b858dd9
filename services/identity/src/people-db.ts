import { type Reader, statement, type Writer } from '@steading/db';
import { type EmailProof, emailKey, type PersonRow, type PersonState } from '#src/people.ts';

const columns = 'id, name, email, email_proof, password_hash, state, created_at';

const byId = statement<[id: string], PersonRow>(
  'identity.people.byId',
  `select ${columns} from identity.people where id = $1`,
);
const byIds = statement<[ids: readonly string[]], PersonRow>(
  'identity.people.byIds',
  `select ${columns} from identity.people where id = any($1::text[])`,
);
const byEmail = statement<[key: string], PersonRow>(
  'identity.people.byEmail',
  `select ${columns} from identity.people where email_key = $1`,
);
const search = statement<[pattern: string, after: string, limit: number], PersonRow>(
  'identity.people.search',
  `select ${columns} from identity.people
    where state <> 'deleted' and id > $2 and (lower(name) like $1 or email_key like $1) order by id limit $3`,
);
const insert = statement<
  [
    id: string,
    name: string,
    email: string,
    key: string,
    proof: EmailProof | null,
    hash: string | null,
    pending: boolean,
    now: Date,
  ]
>(
  'identity.people.insert',
  `insert into identity.people
     (id, name, email, email_key, email_proof, password_hash, state, platform_grant_pending, created_at)
   values ($1, $2, $3, $4, $5, $6, 'active', $7, $8) on conflict (email_key) do nothing`,
);
const setName = statement<[id: string, name: string]>(
  'identity.people.setName',
  'update identity.people set name = $2 where id = $1',
);
const setPassword = statement<[id: string, hash: string]>(
  'identity.people.setPassword',
  'update identity.people set password_hash = $2 where id = $1',
);
const setProof = statement<[id: string, proof: EmailProof]>(
  'identity.people.setProof',
  'update identity.people set email_proof = $2 where id = $1',
);
const setState = statement<[id: string, from: PersonState, to: PersonState]>(
  'identity.people.setState',
  'update identity.people set state = $3 where id = $1 and state = $2',
);
const pendingGrants = statement<[], { id: string }>(
  'identity.people.pendingGrants',
  'select id from identity.people where platform_grant_pending order by id limit 10',
);
const granted = statement<[id: string]>(
  'identity.people.granted',
  'update identity.people set platform_grant_pending = false where id = $1',
);
const anybody = statement<[], { found: boolean }>(
  'identity.people.anybody',
  'select exists (select from identity.people) as found',
);

export function peopleReader(reader: Reader) {
  return {
    byId: (id: string) => reader.first(byId, id),
    byIds: (ids: readonly string[]) => reader.all(byIds, ids),
    byEmail: (email: string) => reader.first(byEmail, emailKey(email)),
    /** By a part of the name or address, in id order. */
    search: (part: string, after: string, limit: number) => {
      const literal = part.toLowerCase().replace(/[\\%_]/g, (letter) => `\\${letter}`);
      return reader.all(search, `%${literal}%`, after, limit);
    },
    pendingGrants: () => reader.all(pendingGrants),
    anybody: async () => (await reader.first(anybody))?.found ?? false,
  };
}

export interface NewPerson {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly proof: EmailProof | null;
  readonly passwordHash: string | null;
  readonly operator?: boolean;
  readonly now: Date;
}

export function peopleWriter(tx: Writer) {
  return {
    ...peopleReader(tx),
    /** False where the address is taken. */
    insert: async (one: NewPerson) => {
      const { id, name, email, proof, passwordHash, operator = false, now } = one;
      return (await tx.run(insert, id, name, email, emailKey(email), proof, passwordHash, operator, now)) === 1;
    },
    setName: (id: string, name: string) => tx.run(setName, id, name),
    setPassword: (id: string, hash: string) => tx.run(setPassword, id, hash),
    setProof: (id: string, proof: EmailProof) => tx.run(setProof, id, proof),
    /** False where the state was not `from`. */
    setState: async (id: string, from: PersonState, to: PersonState) => (await tx.run(setState, id, from, to)) === 1,
    granted: (id: string) => tx.run(granted, id),
  };
}
