import { Network } from 'lucide-react';
import { useQuery } from 'urql';
import { SpaceContentDocument } from '#src/graph/documents-space.ts';
import { SpaceRow } from '#src/pages/space/space-row.tsx';
import { useSpace } from '#src/pages/space/use-space.ts';
import { ButtonLink } from '#src/ui/button.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Empty, Rows, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** The parts of a space that have people of their own. */
export function SubspacesPage() {
  const words = useWords();
  const space = useSpace();
  const text = words.space.subspaces;
  const [content, ask] = useQuery({ query: SpaceContentDocument, variables: { nameId: space.nameId } });
  const create = space.may.createSubspace && (
    <ButtonLink to="/spaces/new" search={{ parent: space.nameId }}>
      {text.new}
    </ButtonLink>
  );
  return (
    <QueryView asked={content} retry={() => ask({ requestPolicy: 'network-only' })}>
      {(data) => (
        <Section title={words.space.tabs.subspaces} actions={data.space.children.length > 0 && create}>
          {data.space.children.length === 0 ? (
            <Empty
              icon={<Network aria-hidden />}
              title={text.emptyTitle}
              text={space.may.createSubspace ? text.empty : text.emptyGuest}
              action={create}
            />
          ) : (
            <Rows label={words.space.tabs.subspaces}>
              {data.space.children.map((child) => (
                <SpaceRow key={child.id} space={child} />
              ))}
            </Rows>
          )}
        </Section>
      )}
    </QueryView>
  );
}
