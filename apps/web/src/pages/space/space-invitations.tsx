import { useQuery } from 'urql';
import { SpaceInvitationsDocument } from '#src/graph/documents-space.ts';
import { graphql } from '#src/graph/tada.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import { useSpace } from '#src/pages/space/use-space.ts';
import { Button } from '#src/ui/button.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Tag } from '#src/ui/status.tsx';
import { Row, Rows, Section } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useToast } from '#src/ui/toasts.tsx';
import { useWords } from '#src/words/words.tsx';

const WithdrawDocument = graphql(`
  mutation WithdrawSpaceInvitation($id: ID!) { withdrawSpaceInvitation(id: $id) }
`);

const open = new Set(['pending', 'invited', 'open']);

/** Invitations to the space that nobody has answered yet. */
export function SpaceInvitations() {
  const words = useWords();
  const text = words.space.members;
  const space = useSpace();
  const [asked, ask] = useQuery({ query: SpaceInvitationsDocument, variables: { nameId: space.nameId } });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  return (
    <Section title={text.invitations}>
      <QueryView asked={asked} retry={refresh}>
        {(data) => {
          const waiting = data.space.invitations.filter((one) => open.has(one.state));
          if (waiting.length === 0) return <p className="text-[0.933rem] text-ink-soft">{text.noInvitations}</p>;
          return (
            <Rows label={text.invitations}>
              {waiting.map((one) => (
                <Row key={one.id}>
                  <div className="min-w-0 flex-1 basis-48">
                    <p className="font-medium">{one.person?.name ?? one.email}</p>
                    <p className="text-[0.867rem] text-ink-soft">
                      {text.by} {one.invitedBy.name} · <RelativeTime at={one.createdAt} />
                    </p>
                  </div>
                  <Tag>{words.roles[one.role] ?? one.role}</Tag>
                  <Withdraw id={one.id} onDone={refresh} />
                </Row>
              ))}
            </Rows>
          );
        }}
      </QueryView>
    </Section>
  );
}

function Withdraw({ id, onDone }: { id: string; onDone: () => void }) {
  const words = useWords();
  const mutate = useMutate();
  const toast = useToast();
  const withdraw = useAction(async () => {
    await mutate(WithdrawDocument, { id });
    toast({ text: words.space.members.withdrawn });
    onDone();
  });
  return (
    <Button small variant="quiet" busy={withdraw.busy} onClick={() => void withdraw.run()}>
      {words.space.members.withdraw}
    </Button>
  );
}
