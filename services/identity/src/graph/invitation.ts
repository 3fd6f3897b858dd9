import { privilege, type SubgraphBuilder } from '@steading/graph';
import type { Caller } from '@steading/kit';
import { audit } from '#src/audit.ts';
import type { IdentityDeps } from '#src/deps.ts';
import { fail } from '#src/errors.ts';
import type { addPerson } from '#src/graph/person.ts';
import { checkInput, emailInput } from '#src/input.ts';
import { inviteToRegister } from '#src/invitations.ts';
import { type InvitationRow, invitationsReader, invitationsWriter } from '#src/invitations-db.ts';
import { platformNode } from '#src/kinds.ts';

type Shown = InvitationRow & { readonly link?: string | undefined };

/** Invitations to register, as those who may invite see them. */
export function addInvitations(
  builder: SubgraphBuilder,
  deps: IdentityDeps,
  people: ReturnType<typeof addPerson>,
): void {
  const stateOf = (one: Shown) =>
    one.state === 'invited' && one.expires_at.getTime() <= deps.clock.now() ? 'expired' : one.state;
  const Invitation = builder.objectRef<Shown>('Invitation').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      email: t.exposeString('email'),
      createdAt: t.expose('created_at', { type: 'DateTime' }),
      expiresAt: t.expose('expires_at', { type: 'DateTime' }),
      invitedBy: t.field({
        type: people.Person,
        resolve: (one, _, context) => people.load(context, one.invited_by.slice('user:'.length)),
      }),
      state: t.string({ resolve: stateOf }),
      link: t.string({ nullable: true, resolve: (one) => one.link ?? null }),
    }),
  });
  builder.queryField('registrationInvitations', (t) =>
    t.field({
      type: [Invitation],
      access: privilege<unknown, unknown>('platform.invite', platformNode),
      resolve: () => invitationsReader(deps.db).list(),
    }),
  );
  builder.mutationFields((t) => ({
    inviteToRegister: t.field({
      type: Invitation,
      args: { email: t.arg.string({ required: true }) },
      access: privilege<unknown, unknown>('platform.invite', platformNode),
      async resolve(_, args, { caller }) {
        const email = checkInput(emailInput, args.email);
        const invited = await inviteToRegister(deps, caller, { email, toWhat: 'Steading', returnPath: '/' });
        return { ...invited.invitation, link: invited.link };
      },
    }),
    withdrawInvitation: t.boolean({
      args: { id: t.arg.id({ required: true }) },
      access: privilege<unknown, unknown>('platform.invite', platformNode),
      resolve: (_, args, { caller }) => withdraw(deps, caller, args.id),
    }),
  }));
}

async function withdraw(deps: IdentityDeps, caller: Caller, id: string): Promise<boolean> {
  await deps.db.write(async (tx) => {
    const withdrawn = await invitationsWriter(tx).withdraw(id);
    if (!withdrawn) throw fail('identity.invitation-not-open');
    await audit(deps.bus, tx, caller, { action: 'invitation-withdrawn', target: withdrawn.email });
  });
  return true;
}
