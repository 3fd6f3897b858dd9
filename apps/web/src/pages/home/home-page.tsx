import { Boxes, Sprout } from 'lucide-react';
import { useQuery } from 'urql';
import { graphql, type ResultOf } from '#src/graph/tada.ts';
import { useLiveApps } from '#src/live/use-live-apps.ts';
import { AppRow } from '#src/pages/app/app-row.tsx';
import { MyInvitations } from '#src/pages/home/my-invitations.tsx';
import { SpaceRow } from '#src/pages/space/space-row.tsx';
import { useSession } from '#src/session/session.tsx';
import { Frame } from '#src/shell/frame.tsx';
import { ButtonLink } from '#src/ui/button.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Empty, Rows, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const HomeDocument = graphql(`
  query Home {
    mySpaces { id nameId name tagline privacy memberCount myRole parent { id } }
    myApps {
      id nameId name url state
      project { id name space { id nameId name } }
      newest { id number state createdAt commitMessage }
    }
  }
`);
type Home = ResultOf<typeof HomeDocument>;

/** What concerns the person: invitations, their apps as they are now, their spaces. */
export function HomePage() {
  const words = useWords();
  const { viewer } = useSession();
  const [home, ask] = useQuery({ query: HomeDocument });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  useLiveApps(home.data?.myApps.map((app) => app.id) ?? [], refresh);
  const first = viewer.person.name.split(' ')[0] ?? viewer.person.name;
  return (
    <Frame title={words.space.home.title(first)} about={words.space.home.about}>
      <MyInvitations />
      <QueryView asked={home} retry={refresh}>
        {(data) => (
          <>
            {data.mySpaces.length + data.myApps.length > 0 && <Apps apps={data.myApps} />}
            <Spaces spaces={data.mySpaces} />
          </>
        )}
      </QueryView>
    </Frame>
  );
}

function Apps({ apps }: { apps: Home['myApps'] }) {
  const words = useWords();
  return (
    <Section title={words.space.home.apps}>
      {apps.length === 0 ? (
        <Empty icon={<Sprout aria-hidden />} title={words.space.home.noAppsTitle} text={words.space.home.noApps} />
      ) : (
        <Rows label={words.space.home.apps}>
          {apps.map((app) => (
            <AppRow key={app.id} app={app} place={`${app.project.space.name} / ${app.project.name}`} />
          ))}
        </Rows>
      )}
    </Section>
  );
}

function Spaces({ spaces }: { spaces: Home['mySpaces'] }) {
  const words = useWords();
  const { viewer } = useSession();
  const create = (
    <ButtonLink to="/spaces/new" variant={spaces.length === 0 ? 'primary' : 'plain'}>
      {words.shell.newSpace}
    </ButtonLink>
  );
  const explore = <ButtonLink to="/spaces">{words.shell.explore}</ButtonLink>;
  if (spaces.length === 0)
    return (
      <Section title={words.space.home.spaces}>
        <Empty
          icon={<Boxes aria-hidden />}
          title={words.space.home.noSpacesTitle}
          text={viewer.canCreateSpaces ? words.space.home.noSpaces : words.space.home.noSpacesGuest}
          action={
            <>
              {viewer.canCreateSpaces && create}
              {explore}
            </>
          }
        />
      </Section>
    );
  return (
    <Section title={words.space.home.spaces} actions={viewer.canCreateSpaces && create}>
      <Rows label={words.space.home.spaces}>
        {spaces.map((space) => (
          <SpaceRow key={space.id} space={space} />
        ))}
      </Rows>
    </Section>
  );
}
