import { useNavigate } from '@tanstack/react-router';
import { useQuery } from 'urql';
import { graphql, type ResultOf } from '#src/graph/tada.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import { Tile } from '#src/ui/avatar.tsx';
import { Button } from '#src/ui/button.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { Row, Rows, Section } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useToast } from '#src/ui/toasts.tsx';
import { useWords } from '#src/words/words.tsx';

const MyInvitationsDocument = graphql(`
  query MyInvitations {
    mySpaceInvitations { id role createdAt space { id nameId name tagline } invitedBy { id name } }
  }
`);
const AcceptDocument = graphql(`
  mutation AcceptSpaceInvitation($id: ID!) { acceptSpaceInvitation(id: $id) { id nameId name myRole } }
`);
const RejectDocument = graphql(`
  mutation RejectSpaceInvitation($id: ID!) { rejectSpaceInvitation(id: $id) }
`);
type Invitation = ResultOf<typeof MyInvitationsDocument>['mySpaceInvitations'][number];

/** Invitations that wait for the person's answer; nothing when there are none. */
export function MyInvitations() {
  const words = useWords();
  const [{ data }] = useQuery({ query: MyInvitationsDocument });
  if (!data || data.mySpaceInvitations.length === 0) return null;
  return (
    <Section title={words.space.home.invitations}>
      <Rows label={words.space.home.invitations}>
        {data.mySpaceInvitations.map((invitation) => (
          <InvitationRow key={invitation.id} invitation={invitation} />
        ))}
      </Rows>
    </Section>
  );
}

function InvitationRow({ invitation }: { invitation: Invitation }) {
  const words = useWords();
  const mutate = useMutate();
  const toast = useToast();
  const navigate = useNavigate();
  const accept = useAction(async () => {
    const { acceptSpaceInvitation: space } = await mutate(AcceptDocument, { id: invitation.id });
    toast({ text: words.space.home.joined(space.name) });
    await navigate({ to: '/s/$space', params: { space: space.nameId } });
  });
  const reject = useAction(() => mutate(RejectDocument, { id: invitation.id }));
  return (
    <Row>
      <Tile name={invitation.space.name} large />
      <div className="min-w-0 flex-1 basis-52">
        <p className="font-medium">{invitation.space.name}</p>
        <p className="text-[0.9rem] text-ink-soft">
          {words.space.home.invitedBy(invitation.invitedBy.name, words.roles[invitation.role] ?? invitation.role)} ·{' '}
          <RelativeTime at={invitation.createdAt} />
        </p>
      </div>
      <div className="flex gap-1">
        {' '}
        <Button small variant="primary" busy={accept.busy} onClick={() => void accept.run()}>
          {words.space.home.accept}
        </Button>
        <Button small variant="quiet" busy={reject.busy} onClick={() => void reject.run()}>
          {words.space.home.decline}
        </Button>
      </div>{' '}
      <ProblemNote problem={accept.problem ?? reject.problem} />
    </Row>
  );
}
