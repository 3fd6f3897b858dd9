import { useDeferredValue, useState } from 'react';
import { useQuery } from 'urql';
import { graphql, type ResultOf } from '#src/graph/tada.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import { useSession } from '#src/session/session.tsx';
import { Tile } from '#src/ui/avatar.tsx';
import { Button } from '#src/ui/button.tsx';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { StateBadge, Tag } from '#src/ui/status.tsx';
import { Empty, Row, Rows, Section } from '#src/ui/surface.tsx';
import { useToast } from '#src/ui/toasts.tsx';
import { useWords } from '#src/words/words.tsx';

const PeopleDocument = graphql(`
  query People($search: String) { people(search: $search, first: 50) { id name email state } }
`);
const SuspendDocument = graphql(`
  mutation SuspendPerson($id: ID!) { suspendPerson(id: $id) { id name state } }
`);
const ReactivateDocument = graphql(`
  mutation ReactivatePerson($id: ID!) { reactivatePerson(id: $id) { id name state } }
`);
type Person = ResultOf<typeof PeopleDocument>['people'][number];

/** Everybody with an account. */
export function PeoplePage() {
  const words = useWords();
  const text = words.operator.people;
  const [typed, setTyped] = useState('');
  const search = useDeferredValue(typed.trim());
  const [asked, ask] = useQuery({ query: PeopleDocument, variables: { search: search || null } });
  return (
    <Section title={text.title}>
      <input
        type="search"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        placeholder={text.search}
        aria-label={text.search}
        className="control max-w-sm"
      />
      <QueryView asked={asked} retry={() => ask({ requestPolicy: 'network-only' })}>
        {(data) =>
          data.people.length === 0 ? (
            <Empty title={text.emptyTitle} text={text.empty} />
          ) : (
            <Rows label={text.title}>
              {data.people.map((person) => (
                <PersonRow key={person.id} person={person} />
              ))}
            </Rows>
          )
        }
      </QueryView>
    </Section>
  );
}

function PersonRow({ person }: { person: Person }) {
  const words = useWords();
  const text = words.operator.people;
  const { viewer } = useSession();
  const mutate = useMutate();
  const toast = useToast();
  const own = person.id === viewer.person.id;
  const suspend = async () => {
    await mutate(SuspendDocument, { id: person.id });
    toast({ text: text.suspended(person.name) });
  };
  const reactivate = useAction(async () => {
    await mutate(ReactivateDocument, { id: person.id });
    toast({ text: text.reactivated(person.name) });
  });
  return (
    <Row>
      <Tile name={person.name} person large />
      <div className="min-w-0 flex-1 basis-48">
        <p className="flex items-center gap-2 font-medium">
          {person.name} {own && <Tag>{text.you}</Tag>}
        </p>
        <p className="truncate text-[0.867rem] text-ink-soft">{person.email}</p>
      </div>
      {person.state && <StateBadge state={person.state} />}
      {!own &&
        (person.state === 'suspended' ? (
          <Button small busy={reactivate.busy} onClick={() => void reactivate.run()}>
            {text.reactivate}
          </Button>
        ) : (
          <ConfirmButton
            small
            label={text.suspend}
            title={text.suspendTitle(person.name)}
            text={text.suspendText}
            deed={suspend}
          />
        ))}
    </Row>
  );
}
