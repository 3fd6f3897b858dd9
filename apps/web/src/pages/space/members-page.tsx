import { useDeferredValue, useState } from 'react';
import { useQuery } from 'urql';
import { SpaceMembersDocument } from '#src/graph/documents-space.ts';
import { InviteButton } from '#src/pages/space/invite-button.tsx';
import { MemberRow } from '#src/pages/space/member-row.tsx';
import { SpaceInvitations } from '#src/pages/space/space-invitations.tsx';
import { useSpace } from '#src/pages/space/use-space.ts';
import { Button } from '#src/ui/button.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Empty, Rows, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** Who belongs to the space, in which role; and whoever is invited. */
export function MembersPage() {
  const words = useWords();
  const space = useSpace();
  const [typed, setTyped] = useState('');
  const search = useDeferredValue(typed.trim());
  const [pages, setPages] = useState<(string | null)[]>([null]);
  const find = (value: string) => {
    setTyped(value);
    setPages([null]);
  };
  return (
    <>
      <Section title={words.space.tabs.members} actions={space.may.manageMembers && <InviteButton />}>
        <input
          type="search"
          value={typed}
          onChange={(event) => find(event.target.value)}
          placeholder={words.space.members.search}
          aria-label={words.space.members.search}
          className="control max-w-sm"
        />
        {pages.map((after, index) => (
          <MembersPart
            key={after ?? 'first'}
            search={search}
            after={after}
            last={index === pages.length - 1}
            onMore={(cursor) => setPages([...pages, cursor])}
          />
        ))}
      </Section>
      {space.may.manageMembers && <SpaceInvitations />}
    </>
  );
}

interface PartProps {
  search: string;
  after: string | null;
  last: boolean;
  onMore(cursor: string): void;
}

function MembersPart({ search, after, last, onMore }: PartProps) {
  const words = useWords();
  const space = useSpace();
  const variables = { nameId: space.nameId, search: search || null, after };
  const [members, ask] = useQuery({ query: SpaceMembersDocument, variables });
  return (
    <QueryView asked={members} retry={() => ask({ requestPolicy: 'network-only' })}>
      {({ space: { members: page } }) => (
        <>
          {page.nodes.length === 0 ? (
            <Empty title={words.space.members.emptyTitle} text={words.space.members.empty} />
          ) : (
            <Rows label={words.space.tabs.members}>
              {page.nodes.map((member) => (
                <MemberRow key={member.person.id} member={member} />
              ))}
            </Rows>
          )}
          {last && page.hasNextPage && page.endCursor && (
            <Button onClick={() => onMore(page.endCursor ?? '')}>{words.actions.more}</Button>
          )}
        </>
      )}
    </QueryView>
  );
}
