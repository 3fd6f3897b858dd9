import { privilege, type SubgraphBuilder, signedIn } from '@steading/graph';
import type { SpacesDeps } from '#src/deps.ts';
import { loadSpace } from '#src/graph/loaders.ts';
import type { PersonType } from '#src/graph/member.ts';
import type { SpaceType } from '#src/graph/space.ts';
import { checkInput, emailInput, roleInput } from '#src/input.ts';
import { type InvitationRow, invitationsReader } from '#src/invitations-db.ts';
import { requireWholePerson } from '#src/membership.ts';
import { accept, findInvitation, type Invited, invite, reject, withdraw } from '#src/space-invitations.ts';

/** What is shown of an invitation to those who manage the space. */
export function addSpaceInvitation(builder: SubgraphBuilder, Person: PersonType) {
  return builder.objectRef<Invited>('SpaceInvitation').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      email: t.exposeString('email', { nullable: true }),
      person: t.field({
        type: Person,
        nullable: true,
        resolve: (one) => (one.person_id === null ? null : { id: one.person_id }),
      }),
      role: t.exposeString('role'),
      state: t.exposeString('state'),
      createdAt: t.expose('created_at', { type: 'DateTime' }),
      invitedBy: t.field({ type: Person, resolve: (one) => ({ id: one.invited_by }) }),
      link: t.string({ nullable: true, resolve: (one) => one.link ?? null }),
    }),
  });
}
export type SpaceInvitationType = ReturnType<typeof addSpaceInvitation>;

export interface InvitationTypes {
  readonly Person: PersonType;
  readonly Space: SpaceType;
  readonly SpaceInvitation: SpaceInvitationType;
}

export function addInvitations(builder: SubgraphBuilder, deps: SpacesDeps, types: InvitationTypes): void {
  const { Person, Space } = types;
  const MyInvitation = builder.objectRef<InvitationRow>('MyInvitation').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      space: t.field({ type: Space, resolve: (one, _, context) => loadSpace(deps, context, one.space_id) }),
      role: t.exposeString('role'),
      invitedBy: t.field({ type: Person, resolve: (one) => ({ id: one.invited_by }) }),
      createdAt: t.expose('created_at', { type: 'DateTime' }),
    }),
  });
  builder.queryField('mySpaceInvitations', (t) =>
    t.field({
      type: [MyInvitation],
      access: signedIn(),
      resolve: (_, __, { caller }) => invitationsReader(deps.db).openOf(requireWholePerson(caller)),
    }),
  );
  addManaging(builder, deps, types.SpaceInvitation);
  addAnswering(builder, deps, Space);
}

function addManaging(builder: SubgraphBuilder, deps: SpacesDeps, SpaceInvitation: SpaceInvitationType): void {
  builder.mutationFields((t) => ({
    inviteToSpace: t.field({
      type: SpaceInvitation,
      args: {
        spaceId: t.arg.id({ required: true }),
        email: t.arg.string({ required: true }),
        role: t.arg.string({ required: true }),
      },
      access: (args) => privilege('space.manage-members', args.spaceId),
      resolve: (_, args, { caller }) =>
        invite(deps, caller, args.spaceId, {
          email: checkInput(emailInput, args.email, 'email'),
          role: checkInput(roleInput, args.role, 'role'),
        }),
    }),
    withdrawSpaceInvitation: t.boolean({
      args: { id: t.arg.id({ required: true }) },
      access: (args) => privilege('space.manage-members', async () => (await findInvitation(deps, args.id)).space_id),
      async resolve(_, args, { caller }) {
        await withdraw(deps, caller, await findInvitation(deps, args.id));
        return true;
      },
    }),
  }));
}

function addAnswering(builder: SubgraphBuilder, deps: SpacesDeps, Space: SpaceType): void {
  builder.mutationFields((t) => ({
    acceptSpaceInvitation: t.field({
      type: Space,
      args: { id: t.arg.id({ required: true }) },
      access: signedIn(),
      resolve: (_, args, { caller }) => accept(deps, caller, args.id),
    }),
    rejectSpaceInvitation: t.boolean({
      args: { id: t.arg.id({ required: true }) },
      access: signedIn(),
      async resolve(_, args, { caller }) {
        await reject(deps, caller, args.id);
        return true;
      },
    }),
  }));
}
