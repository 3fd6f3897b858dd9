import { type Reader, statement, type Writer } from '@steading/db';
import type { MemberRole, RoleCounts } from '#src/communities.ts';

export type MemberRow = {
  readonly space_id: string;
  readonly person_id: string;
  readonly role: MemberRole;
  /** In milliseconds, as lists are long and a Date costs as much as all the rest of a row. */
  readonly since: number;
};

const since = 'floor(extract(epoch from since) * 1000)::float8 as since';
const columns = `space_id, person_id, role, ${since}`;

const one = statement<[spaceId: string, personId: string], MemberRow>(
  'spaces.members.one',
  `select ${columns} from spaces.members where space_id = $1 and person_id = $2`,
);
const page = statement<[spaceId: string, after: string, limit: number], MemberRow>(
  'spaces.members.page',
  `select ${columns} from spaces.members where space_id = $1 and person_id > $2 order by person_id limit $3`,
);
const firstOf = statement<[spaces: readonly string[], limit: number], MemberRow>(
  'spaces.members.firstOf',
  `select m.space_id, m.person_id, m.role, m.since from unnest($1::text[]) as wanted (id) cross join lateral
     (select ${columns} from spaces.members where space_id = wanted.id order by person_id limit $2) m`,
);
const rolesOf = statement<[personId: string, spaces: readonly string[]], MemberRow>(
  'spaces.members.rolesOf',
  `select ${columns} from spaces.members where person_id = $1 and space_id = any($2::text[])`,
);
const counts = statement<[spaceId: string], { role: MemberRole; count: number }>(
  'spaces.members.counts',
  'select role, count(*)::int as count from spaces.members where space_id = $1 group by role',
);
const totals = statement<[spaces: readonly string[]], { space_id: string; count: number }>(
  'spaces.members.totals',
  'select space_id, count(*)::int as count from spaces.members where space_id = any($1::text[]) group by space_id',
);
const put = statement<[spaceId: string, personId: string, role: string, now: Date], MemberRow>(
  'spaces.members.put',
  `insert into spaces.members (space_id, person_id, role, since) values ($1, $2, $3, $4)
   on conflict (space_id, person_id) do update set role = $3 returning ${columns}`,
);
const remove = statement<[spaceId: string, personId: string]>(
  'spaces.members.remove',
  'delete from spaces.members where space_id = $1 and person_id = $2',
);
const untold = statement<[spaceId: string, personId: string]>(
  'spaces.untold.note',
  `insert into spaces.untold (space_id, person_id) values ($1, $2)
   on conflict (space_id, person_id) do update set change = default`,
);
export type UntoldRow = { readonly space_id: string; readonly person_id: string; readonly change: string };

const untoldOf = statement<[spaces: readonly string[]], UntoldRow>(
  'spaces.untold.ofSpaces',
  `select space_id, person_id, change::text from spaces.untold where space_id = any($1::text[]) order by untold.change`,
);
const untoldList = statement<[limit: number], UntoldRow>(
  'spaces.untold.list',
  'select space_id, person_id, change::text from spaces.untold order by untold.change limit $1',
);
const told = statement<[spaceId: string, personId: string, change: string]>(
  'spaces.untold.told',
  'delete from spaces.untold where space_id = $1 and person_id = $2 and change = $3::bigint',
);

export function membersReader(reader: Reader) {
  return {
    one: (spaceId: string, personId: string) => reader.first(one, spaceId, personId),
    /** In the order of people's ids. */
    page: (spaceId: string, after: string, limit: number) => reader.all(page, spaceId, after, limit),
    /** The first so many of each of these spaces, in the order of people's ids. */
    firstOf: (spaces: readonly string[], limit: number) => reader.all(firstOf, spaces, limit),
    rolesOf: (personId: string, spaces: readonly string[]) => reader.all(rolesOf, personId, spaces),
    counts: async (spaceId: string): Promise<RoleCounts> =>
      Object.fromEntries((await reader.all(counts, spaceId)).map((row) => [row.role, row.count])),
    /** How many members each of these spaces has; none where it is not named. */
    totals: (spaces: readonly string[]) => reader.all(totals, spaces),
    untoldOf: (spaces: readonly string[]) => reader.all(untoldOf, spaces),
    untold: (limit: number) => reader.all(untoldList, limit),
  };
}

export function membersWriter(tx: Writer) {
  return {
    ...membersReader(tx),
    put: async (spaceId: string, personId: string, role: MemberRole, now: Date) =>
      (await tx.first(put, spaceId, personId, role, now))!,
    remove: (spaceId: string, personId: string) => tx.run(remove, spaceId, personId),
    /** The forest has to hear of this person's part in the space; of the space itself where nobody is named. */
    noteUntold: (spaceId: string, personId = '') => tx.run(untold, spaceId, personId),
    /** Unless it has changed again meanwhile. */
    told: (spaceId: string, personId: string, change: string) => tx.run(told, spaceId, personId, change),
  };
}
