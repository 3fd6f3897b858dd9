import { MonitorSmartphone } from 'lucide-react';
import { useQuery } from 'urql';
import { graphql, type ResultOf } from '#src/graph/tada.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import { Button } from '#src/ui/button.tsx';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Tag } from '#src/ui/status.tsx';
import { Row, Rows, Section } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useToast } from '#src/ui/toasts.tsx';
import { useWords } from '#src/words/words.tsx';

const SessionsDocument = graphql(`
  query Sessions { mySessions { id device address createdAt lastSeenAt expiresAt current } }
`);
const EndDocument = graphql(`
  mutation EndSession($id: ID!) { endSession(id: $id) }
`);
const EndOthersDocument = graphql(`
  mutation EndOtherSessions { endOtherSessions }
`);
type Session = ResultOf<typeof SessionsDocument>['mySessions'][number];

/** Where the person is signed in; each place can be ended from here. */
export function SessionsPage() {
  const words = useWords();
  const text = words.account.sessions;
  const mutate = useMutate();
  const [asked, ask] = useQuery({ query: SessionsDocument });
  const others = asked.data?.mySessions.some((session) => !session.current);
  return (
    <Section
      title={text.title}
      note={text.note}
      actions={
        others && (
          <ConfirmButton
            label={text.endOthers}
            title={text.endOthersTitle}
            text={text.endOthersText}
            deed={() => mutate(EndOthersDocument, {})}
          />
        )
      }
    >
      <QueryView asked={asked} retry={() => ask({ requestPolicy: 'network-only' })}>
        {(data) => (
          <Rows label={text.title}>
            {data.mySessions.map((session) => (
              <SessionRow key={session.id} session={session} />
            ))}
          </Rows>
        )}
      </QueryView>
    </Section>
  );
}

function SessionRow({ session }: { session: Session }) {
  const words = useWords();
  const text = words.account.sessions;
  const mutate = useMutate();
  const toast = useToast();
  const end = useAction(async () => {
    await mutate(EndDocument, { id: session.id });
    toast({ text: text.ended });
  });
  return (
    <Row>
      <MonitorSmartphone aria-hidden className="size-5 text-ink-soft" />
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex items-center gap-2 font-medium">
          {session.device} {session.current && <Tag>{text.current}</Tag>}
        </p>
        <p className="text-[0.867rem] text-ink-soft">
          {session.address && `${session.address} · `}
          {text.lastSeen} <RelativeTime at={session.lastSeenAt} /> · {text.since}{' '}
          <RelativeTime at={session.createdAt} /> · {text.expires} <RelativeTime at={session.expiresAt} />
        </p>
      </div>
      {!session.current && (
        <Button small busy={end.busy} onClick={() => void end.run()}>
          {text.end}
        </Button>
      )}
    </Row>
  );
}
