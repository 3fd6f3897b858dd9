import { Mail } from 'lucide-react';
import { useState } from 'react';
import { useQuery } from 'urql';
import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { useSession } from '#src/session/session.tsx';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { CopyLine } from '#src/ui/copy.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { TextField } from '#src/ui/field.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { StateBadge } from '#src/ui/status.tsx';
import { Empty, Note, Panel, Row, Rows, Section } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

const InvitationsDocument = graphql(`
  query RegistrationInvitations {
    registrationInvitations { id email createdAt expiresAt state invitedBy { id name } }
  }
`);
const InviteDocument = graphql(`
  mutation InviteToRegister($email: String!) { inviteToRegister(email: $email) { id email link } }
`);
const WithdrawDocument = graphql(`
  mutation WithdrawInvitation($id: ID!) { withdrawInvitation(id: $id) }
`);

/** Who may make an account. */
export function InvitationsPage() {
  const words = useWords();
  const text = words.operator.invitations;
  const mutate = useMutate();
  const [asked, ask] = useQuery({ query: InvitationsDocument });
  return (
    <>
      <InviteForm />
      <Section title={text.title} note={text.note}>
        <QueryView asked={asked} retry={() => ask({ requestPolicy: 'network-only' })}>
          {(data) =>
            data.registrationInvitations.length === 0 ? (
              <Empty icon={<Mail aria-hidden />} title={text.emptyTitle} text={text.empty} />
            ) : (
              <Rows label={text.title}>
                {data.registrationInvitations.map((one) => (
                  <Row key={one.id}>
                    <div className="min-w-0 flex-1 basis-52">
                      <p className="font-medium">{one.email}</p>
                      <p className="text-[0.867rem] text-ink-soft">
                        {text.by} {one.invitedBy.name} · <RelativeTime at={one.createdAt} /> · {text.expires}{' '}
                        <RelativeTime at={one.expiresAt} />
                      </p>
                    </div>
                    <StateBadge state={one.state} />
                    {['pending', 'open', 'invited'].includes(one.state) && (
                      <ConfirmButton
                        small
                        label={text.withdraw}
                        title={`${text.withdraw}: ${one.email}`}
                        text={text.note}
                        deed={() => mutate(WithdrawDocument, { id: one.id })}
                      />
                    )}
                  </Row>
                ))}
              </Rows>
            )
          }
        </QueryView>
      </Section>
    </>
  );
}

function InviteForm() {
  const words = useWords();
  const text = words.operator.invitations;
  const { house } = useSession();
  const mutate = useMutate();
  const [sent, setSent] = useState<{ email: string; link: string | null }>();
  const invite = async (field: (name: string) => string) => {
    const { inviteToRegister } = await mutate(InviteDocument, { email: field('email') });
    setSent(inviteToRegister);
  };
  return (
    <Panel className="flex max-w-xl flex-col gap-4">
      <DeedForm submit={text.invite} clears deed={invite}>
        <TextField label={text.email} name="email" type="email" required maxLength={254} autoComplete="off" />
      </DeedForm>
      {sent && (
        <div role="status" className="flex flex-col gap-3">
          <Note tone="green">{text.sent(sent.email)}</Note>
          {sent.link && <CopyLine label={text.link} value={sent.link} />}
          {!house.mailConfigured && <Note tone="amber">{text.noMail}</Note>}
        </div>
      )}
    </Panel>
  );
}
