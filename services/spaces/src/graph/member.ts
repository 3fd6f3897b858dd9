import { type GraphContext, privilege, type SubgraphBuilder, signedIn } from '@steading/graph';
import type { SpacesDeps } from '#src/deps.ts';
import { countMembers, loadFirstMembers, namedLike } from '#src/graph/loaders.ts';
import { checkInput, personInput, roleInput } from '#src/input.ts';
import { type MemberRow, membersReader } from '#src/members-db.ts';
import { removeMember, setRole } from '#src/membership.ts';
import type { SpaceRow } from '#src/spaces-db.ts';

const mostPage = 100;
/** A search looks at so many members at most. */
const mostSearched = 5000;

export interface MemberPage {
  readonly nodes: readonly MemberRow[];
  readonly endCursor: string | null;
  readonly hasNextPage: boolean;
  readonly spaceId: string;
  /** Known where the page holds everybody. */
  readonly total?: number;
}

/** A person, as this subgraph knows them: by id. */
export function addPerson(builder: SubgraphBuilder) {
  return builder
    .externalRef('Person', builder.selection<{ id: string }>('id'))
    .implement({ externalFields: (t) => ({ id: t.id() }) });
}
export type PersonType = ReturnType<typeof addPerson>;

export function addMembers(builder: SubgraphBuilder, deps: SpacesDeps, Person: PersonType) {
  const Member = builder.objectRef<MemberRow>('Member').implement({
    fields: (t) => ({
      person: t.field({ type: Person, resolve: (member) => ({ id: member.person_id }) }),
      role: t.exposeString('role'),
      since: t.expose('since', { type: 'DateTime' }),
    }),
  });
  const MemberConnection = builder.objectRef<MemberPage>('MemberConnection').implement({
    fields: (t) => ({
      nodes: t.field({ type: [Member], resolve: (page) => page.nodes as MemberRow[] }),
      endCursor: t.exposeString('endCursor', { nullable: true }),
      hasNextPage: t.exposeBoolean('hasNextPage'),
      totalCount: t.int({ resolve: (page, _, context) => page.total ?? countMembers(deps, context, page.spaceId) }),
    }),
  });
  builder.mutationFields((t) => ({
    setMemberRole: t.field({
      type: Member,
      args: {
        spaceId: t.arg.id({ required: true }),
        personId: t.arg.id({ required: true }),
        role: t.arg.string({ required: true }),
      },
      access: (args) => privilege('space.manage-members', args.spaceId),
      resolve: (_, args, { caller }) =>
        setRole(deps, caller, args.spaceId, {
          personId: checkInput(personInput, args.personId, 'personId'),
          role: checkInput(roleInput, args.role, 'role'),
        }),
    }),
    removeMember: t.boolean({
      args: { spaceId: t.arg.id({ required: true }), personId: t.arg.id({ required: true }) },
      // Oneself may always leave; the forest is asked about everybody else.
      access: (args, _, { caller }) =>
        caller.principal === `user:${args.personId}` && caller.scopes === undefined
          ? signedIn()
          : privilege('space.manage-members', args.spaceId),
      async resolve(_, args, { caller }) {
        await removeMember(deps, caller, args.spaceId, checkInput(personInput, args.personId, 'personId'));
        return true;
      },
    }),
  }));
  return MemberConnection;
}

export interface MemberArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly search?: string | null | undefined;
}

/** A page of members in the order of their ids, all or those with this in their name. */
export async function pageOfMembers(
  deps: SpacesDeps,
  context: GraphContext,
  space: SpaceRow,
  args: MemberArgs,
): Promise<MemberPage> {
  const first = Math.min(mostPage, Math.max(1, args.first ?? 50));
  const after = args.after ?? '';
  const search = (args.search ?? '').trim().slice(0, 100);
  const limit = search === '' ? first + 1 : mostSearched;
  let rows = await (after === ''
    ? loadFirstMembers(deps, context, space.id, limit)
    : membersReader(deps.db).page(space.id, after, limit));
  if (search !== '') {
    const ids = rows.map((row) => row.person_id);
    const named = await namedLike(deps, context, ids, search);
    rows = rows.filter((row) => named.has(row.person_id));
  }
  const nodes = rows.slice(0, first);
  const hasNextPage = rows.length > first;
  const isWhole = !hasNextPage && after === '' && search === '';
  const endCursor = nodes.at(-1)?.person_id ?? null;
  return { nodes, endCursor, hasNextPage, spaceId: space.id, ...(isWhole && { total: nodes.length }) };
}
