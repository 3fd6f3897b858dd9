import { Compass } from 'lucide-react';
import { useQuery } from 'urql';
import { graphql, type ResultOf } from '#src/graph/tada.ts';
import { JoinButton } from '#src/pages/space/join-button.tsx';
import { SpaceRow } from '#src/pages/space/space-row.tsx';
import { useSession } from '#src/session/session.tsx';
import { Frame } from '#src/shell/frame.tsx';
import { ButtonLink } from '#src/ui/button.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Empty, Rows } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const PublicSpacesDocument = graphql(`
  query PublicSpaces {
    publicSpaces(first: 50) { id nameId name tagline privacy memberCount myRole may { join } }
  }
`);
type PublicSpace = ResultOf<typeof PublicSpacesDocument>['publicSpaces'][number];

/** The public spaces of the house, and how to get into them. */
export function ExplorePage() {
  const words = useWords();
  const { viewer } = useSession();
  const [spaces, ask] = useQuery({ query: PublicSpacesDocument });
  const create = viewer.canCreateSpaces && <ButtonLink to="/spaces/new">{words.shell.newSpace}</ButtonLink>;
  return (
    <Frame title={words.space.explore.title} about={words.space.explore.about} actions={create}>
      <QueryView asked={spaces} retry={() => ask({ requestPolicy: 'network-only' })}>
        {(data) => <List spaces={data.publicSpaces} />}
      </QueryView>
    </Frame>
  );
}

function List({ spaces }: { spaces: PublicSpace[] }) {
  const words = useWords();
  if (spaces.length === 0)
    return (
      <Empty icon={<Compass aria-hidden />} title={words.space.explore.emptyTitle} text={words.space.explore.empty} />
    );
  return (
    <Rows label={words.space.explore.title}>
      {spaces.map((space) => (
        <SpaceRow
          key={space.id}
          space={space}
          action={space.may.join && <JoinButton id={space.id} small label={words.space.explore.join} />}
        />
      ))}
    </Rows>
  );
}
