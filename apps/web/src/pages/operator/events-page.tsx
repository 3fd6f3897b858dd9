import { MailCheck } from 'lucide-react';
import { useQuery } from 'urql';
import { graphql, type ResultOf } from '#src/graph/tada.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import { Button } from '#src/ui/button.tsx';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Tag } from '#src/ui/status.tsx';
import { Empty, Row, Rows, Section } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useToast } from '#src/ui/toasts.tsx';
import { useWords } from '#src/words/words.tsx';

const DeadLettersDocument = graphql(`
  query DeadLetters { deadLetters { id consumer type key error attempts at } }
`);
const ReplayDocument = graphql(`
  mutation ReplayDeadLetter($id: ID!) { replayDeadLetter(id: $id) }
`);
const DiscardDocument = graphql(`
  mutation DiscardDeadLetter($id: ID!) { discardDeadLetter(id: $id) }
`);
type DeadLetter = ResultOf<typeof DeadLettersDocument>['deadLetters'][number];

/** Events that a service gave up on: seen, replayed, or discarded. */
export function EventsPage() {
  const words = useWords();
  const text = words.operator.events;
  const [asked, ask] = useQuery({ query: DeadLettersDocument });
  return (
    <Section title={text.title} note={text.note}>
      <QueryView asked={asked} retry={() => ask({ requestPolicy: 'network-only' })}>
        {(data) =>
          data.deadLetters.length === 0 ? (
            <Empty icon={<MailCheck aria-hidden />} title={text.emptyTitle} text={text.empty} />
          ) : (
            <Rows label={text.title}>
              {data.deadLetters.map((letter) => (
                <LetterRow key={letter.id} letter={letter} />
              ))}
            </Rows>
          )
        }
      </QueryView>
    </Section>
  );
}

function LetterRow({ letter }: { letter: DeadLetter }) {
  const words = useWords();
  const text = words.operator.events;
  const mutate = useMutate();
  const toast = useToast();
  const replay = useAction(async () => {
    await mutate(ReplayDocument, { id: letter.id });
    toast({ text: text.replayed });
  });
  return (
    <Row>
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-center gap-2">
          <code className="font-mono text-[0.9rem] font-medium">{letter.type}</code> <Tag>{letter.consumer}</Tag>
        </p>
        <p className="text-[0.9rem] text-red">{letter.error}</p>
        <p className="text-[0.867rem] text-ink-soft">
          {letter.key} · {text.attempts(letter.attempts)} · <RelativeTime at={letter.at} />
        </p>
      </div>
      <Button small busy={replay.busy} onClick={() => void replay.run()}>
        {text.replay}
      </Button>
      <ConfirmButton
        small
        label={text.discard}
        title={text.discardTitle}
        text={text.discardText}
        deed={() => mutate(DiscardDocument, { id: letter.id })}
      />
      <ProblemNote problem={replay.problem} />
    </Row>
  );
}
