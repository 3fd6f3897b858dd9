import { type Reader, statement, type Writer } from '@steading/db';
import type { MemberRole } from '#src/communities.ts';

export type SpaceRow = {
  readonly id: string;
  readonly name_id: string;
  readonly name: string;
  readonly tagline: string;
  readonly tags: readonly string[];
  readonly parent_id: string | null;
  readonly level: number;
  readonly privacy: 'public' | 'private';
  readonly visibility: 'active' | 'archived' | 'demo' | 'inactive';
  readonly membership: 'open' | 'applications' | 'invitations';
  readonly created_at: Date;
};

const columns = 'id, name_id, name, tagline, tags, parent_id, level, privacy, visibility, membership, created_at';

const byIds = statement<[ids: readonly string[]], SpaceRow>(
  'spaces.spaces.byIds',
  `select ${columns} from spaces.spaces where id = any($1::text[])`,
);
const byNameId = statement<[nameId: string], SpaceRow>(
  'spaces.spaces.byNameId',
  `select ${columns} from spaces.spaces where name_id = $1`,
);
const children = statement<[parents: readonly string[]], SpaceRow>(
  'spaces.spaces.children',
  `select ${columns} from spaces.spaces where parent_id = any($1::text[]) order by name, id limit 2000`,
);
const ofPerson = statement<[personId: string], SpaceRow & { readonly role: MemberRole }>(
  'spaces.spaces.ofPerson',
  `select ${columns.replaceAll(/\w+/g, 's.$&')}, m.role from spaces.spaces s
     join spaces.members m on m.space_id = s.id where m.person_id = $1 order by s.level, s.name, s.id limit 500`,
);
const publicOnes = statement<[after: string, limit: number], SpaceRow>(
  'spaces.spaces.public',
  `select ${columns} from spaces.spaces
    where level = 1 and privacy = 'public' and visibility in ('active', 'demo') and id > $1 order by id limit $2`,
);
const lockPath = statement<[id: string], SpaceRow>(
  'spaces.spaces.lockPath',
  `with recursive path as (
     select id, parent_id from spaces.spaces where id = $1
     union all select s.id, s.parent_id from spaces.spaces s join path p on s.id = p.parent_id
   ) select ${columns} from spaces.spaces where id in (select id from path) order by level, id for update`,
);
const lockBelow = statement<[id: string], SpaceRow>(
  'spaces.spaces.lockBelow',
  `with recursive below as (
     select id from spaces.spaces where id = $1
     union all select s.id from spaces.spaces s join below b on s.parent_id = b.id
   ) select ${columns} from spaces.spaces where id in (select id from below) order by level, id for update`,
);
const countChildren = statement<[parent: string], { count: number }>(
  'spaces.spaces.countChildren',
  'select count(*)::int as count from spaces.spaces where parent_id = $1',
);
const countOwned = statement<[personId: string], { count: number }>(
  'spaces.spaces.countOwned',
  `select count(*)::int as count from spaces.members where person_id = $1 and role = 'owner'`,
);
const insert = statement<
  [
    id: string,
    nameId: string,
    name: string,
    tagline: string,
    parent: string | null,
    level: number,
    privacy: string,
    by: string,
    now: Date,
  ],
  SpaceRow
>(
  'spaces.spaces.insert',
  `insert into spaces.spaces
     (id, name_id, name, tagline, tags, parent_id, level, privacy, visibility, membership, created_by, created_at)
   values ($1, $2, $3, $4, '{}', $5, $6, $7, 'active', 'invitations', $8, $9)
   on conflict (name_id) do nothing returning ${columns}`,
);
const update = statement<
  [
    id: string,
    name: string | null,
    tagline: string | null,
    tags: readonly string[] | null,
    privacy: string | null,
    visibility: string | null,
    membership: string | null,
  ],
  SpaceRow
>(
  'spaces.spaces.update',
  `update spaces.spaces set name = coalesce($2, name), tagline = coalesce($3, tagline), tags = coalesce($4, tags),
     privacy = coalesce($5, privacy), visibility = coalesce($6, visibility), membership = coalesce($7, membership)
    where id = $1 returning ${columns}`,
);
const remove = statement<[id: string]>('spaces.spaces.remove', 'delete from spaces.spaces where id = $1');

export function spacesReader(reader: Reader) {
  return {
    byIds: (ids: readonly string[]) => reader.all(byIds, ids),
    byId: async (id: string) => (await reader.all(byIds, [id]))[0],
    byNameId: (nameId: string) => reader.first(byNameId, nameId),
    children: (parents: readonly string[]) => reader.all(children, parents),
    /** Those in which the person has a role, with it, outermost first; at most 500. */
    ofPerson: (personId: string) => reader.all(ofPerson, personId),
    publicOnes: (after: string, limit: number) => reader.all(publicOnes, after, limit),
    countOwned: async (personId: string) => (await reader.first(countOwned, personId))?.count ?? 0,
  };
}

export interface NewSpace {
  readonly id: string;
  readonly nameId: string;
  readonly name: string;
  readonly tagline: string;
  readonly parentId: string | null;
  readonly level: number;
  readonly privacy: 'public' | 'private';
  readonly by: string;
  readonly now: Date;
}

export interface SpaceChange {
  readonly name?: string | undefined;
  readonly tagline?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly privacy?: string | undefined;
  readonly visibility?: string | undefined;
  readonly membership?: string | undefined;
}

export function spacesWriter(tx: Writer) {
  return {
    ...spacesReader(tx),
    /** The space and those above it, outermost first; always locked in that order, so that two never wait in a ring. */
    lockPath: (id: string) => tx.all(lockPath, id),
    /** The space and everything below it, outermost first. */
    lockBelow: (id: string) => tx.all(lockBelow, id),
    countChildren: async (parent: string) => (await tx.first(countChildren, parent))?.count ?? 0,
    /** Undefined where the name id is taken. */
    insert: (one: NewSpace) =>
      tx.first(
        insert,
        one.id,
        one.nameId,
        one.name,
        one.tagline,
        one.parentId,
        one.level,
        one.privacy,
        one.by,
        one.now,
      ),
    update: (id: string, change: SpaceChange) =>
      tx.first(
        update,
        id,
        change.name ?? null,
        change.tagline ?? null,
        change.tags ?? null,
        change.privacy ?? null,
        change.visibility ?? null,
        change.membership ?? null,
      ),
    remove: (id: string) => tx.run(remove, id),
  };
}
