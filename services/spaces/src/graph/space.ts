import { type GraphContext, open, privilege, reference, type SubgraphBuilder, signedIn } from '@steading/graph';
import { kitErrors } from '@steading/kit';
import type { SpacesDeps } from '#src/deps.ts';
import type { SpaceInvitationType } from '#src/graph/invitation.ts';
import { countMembers, knowOwnRoles, loadChildren, loadOwnRole, loadRole, loadSpace } from '#src/graph/loaders.ts';
import { addMembers, type PersonType, pageOfMembers } from '#src/graph/member.ts';
import { invitationsReader } from '#src/invitations-db.ts';
import { requirePerson } from '#src/membership.ts';
import { type SpaceRow, spacesReader } from '#src/spaces-db.ts';

const mostPage = 50;

/** `Space` and the ways to find one. */
export function addSpace(
  builder: SubgraphBuilder,
  deps: SpacesDeps,
  types: { Person: PersonType; SpaceInvitation: SpaceInvitationType },
) {
  const Members = addMembers(builder, deps, types.Person);
  const May = addMay(builder, deps);
  const may = (context: GraphContext, what: string, id: string) => deps.access.can(context.caller, what, id);
  const Space = builder.objectRef<SpaceRow>('Space');
  Space.implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      nameId: t.exposeString('name_id'),
      name: t.exposeString('name'),
      tagline: t.exposeString('tagline'),
      tags: t.stringList({ resolve: (space) => [...space.tags] }),
      parent: t.field({
        type: Space,
        nullable: true,
        resolve: (space, _, context) =>
          space.parent_id !== null && may(context, 'space.read-about', space.parent_id)
            ? loadSpace(deps, context, space.parent_id)
            : null,
      }),
      children: t.field({
        type: [Space],
        resolve: async (space, _, context) =>
          (await loadChildren(deps, context, space.id)).filter((one) => may(context, 'space.read-about', one.id)),
      }),
      privacy: t.exposeString('privacy'),
      visibility: t.exposeString('visibility'),
      membership: t.exposeString('membership'),
      createdAt: t.expose('created_at', { type: 'DateTime' }),
      level: t.exposeInt('level'),
      myRole: t.string({
        nullable: true,
        resolve: async (space, _, context) => (await loadRole(deps, context, space)) ?? null,
      }),
      may: t.field({ type: May, resolve: (space) => space }),
      members: t.field({
        type: Members,
        args: { first: t.arg.int({ defaultValue: 50 }), after: t.arg.string(), search: t.arg.string() },
        access: (_, space) => privilege('space.read', space.id),
        resolve: (space, args, context) => pageOfMembers(deps, context, space, args),
      }),
      memberCount: t.int({ resolve: (space, _, context) => countMembers(deps, context, space.id) }),
      invitations: t.field({
        type: [types.SpaceInvitation],
        access: (_, space) => privilege('space.manage-members', space.id),
        resolve: (space) => invitationsReader(deps.db).ofSpace(space.id),
      }),
    }),
  });
  builder.asEntity(Space, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: reference(
      builder,
      (key: { id: string }) => privilege('space.read-about', key.id),
      (key, context) => loadSpace(deps, context, key.id),
    ),
  });
  addQueries(builder, deps, Space);
  return Space;
}
export type SpaceType = ReturnType<typeof addSpace>;

/** What the viewer may do here: asked of the forest's replica, field by field. */
function addMay(builder: SubgraphBuilder, deps: SpacesDeps) {
  const privileges = {
    update: 'space.update',
    manageMembers: 'space.manage-members',
    createSubspace: 'space.create-subspace',
    createProject: 'space.create-project',
    remove: 'space.remove',
    readAudit: 'space.read-audit',
    grant: 'space.grant',
  } as const;
  return builder.objectRef<SpaceRow>('SpaceMay').implement({
    fields: (t) => {
      const may = (name: string) =>
        t.boolean({ resolve: (space, _, { caller }) => deps.access.can(caller, name, space.id) });
      return {
        update: may(privileges.update),
        manageMembers: may(privileges.manageMembers),
        createSubspace: may(privileges.createSubspace),
        createProject: may(privileges.createProject),
        remove: may(privileges.remove),
        readAudit: may(privileges.readAudit),
        grant: may(privileges.grant),
        join: t.boolean({ resolve: (space, _, context) => mayJoin(deps, context, space) }),
        leave: t.boolean({
          resolve: async (space, _, context) => (await loadOwnRole(deps, context, space.id)) !== undefined,
        }),
      };
    },
  });
}

async function mayJoin(deps: SpacesDeps, context: GraphContext, space: SpaceRow): Promise<boolean> {
  if (space.membership !== 'open' || context.caller.kind !== 'user') return false;
  if (space.visibility !== 'active' && space.visibility !== 'demo') return false;
  if (await loadOwnRole(deps, context, space.id)) return false;
  if (!deps.access.can(context.caller, 'space.read', space.id)) return false;
  return space.parent_id === null || (await loadOwnRole(deps, context, space.parent_id)) !== undefined;
}

function addQueries(builder: SubgraphBuilder, deps: SpacesDeps, Space: SpaceType): void {
  const find = async (args: { id?: string | null | undefined; nameId?: string | null | undefined }) => {
    const found = args.id
      ? await spacesReader(deps.db).byId(args.id)
      : args.nameId
        ? await spacesReader(deps.db).byNameId(args.nameId)
        : undefined;
    if (!found) throw kitErrors('not-found', { kind: 'space' });
    return found;
  };
  builder.queryFields((t) => ({
    space: t.field({
      type: Space,
      args: { id: t.arg.id(), nameId: t.arg.string() },
      access: (args) => privilege('space.read', async () => (await find(args)).id),
      resolve: (_, args) => find(args),
    }),
    mySpaces: t.field({
      type: [Space],
      access: signedIn(),
      async resolve(_, __, context) {
        const { caller } = context;
        const mine = await spacesReader(deps.db).ofPerson(requirePerson(caller));
        knowOwnRoles(deps, context, mine);
        return mine.filter((space) => deps.access.can(caller, 'space.read', space.id));
      },
    }),
    publicSpaces: t.field({
      type: [Space],
      args: { first: t.arg.int(), after: t.arg.string() },
      access: open('the forest decides about each: who is not signed in gets none'),
      resolve: async (_, args, { caller }) => {
        const first = Math.min(mostPage, Math.max(1, args.first ?? mostPage));
        const found = await spacesReader(deps.db).publicOnes(args.after ?? '', first);
        return found.filter((space) => deps.access.can(caller, 'space.read', space.id));
      },
    }),
  }));
}
