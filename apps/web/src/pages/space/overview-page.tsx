import { useNavigate } from '@tanstack/react-router';
import { useQuery } from 'urql';
import { SpaceContentDocument } from '#src/graph/documents-space.ts';
import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { useLiveApps } from '#src/live/use-live-apps.ts';
import { ProjectList } from '#src/pages/space/project-list.tsx';
import { useSpace } from '#src/pages/space/use-space.ts';
import { useSession } from '#src/session/session.tsx';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Tag } from '#src/ui/status.tsx';
import { Facts, Panel, Section } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

const LeaveDocument = graphql(`
  mutation LeaveSpace($spaceId: ID!, $personId: ID!) { removeMember(spaceId: $spaceId, personId: $personId) }
`);

/** What runs here, and what the space is. */
export function SpaceOverviewPage() {
  const words = useWords();
  const space = useSpace();
  const [content, ask] = useQuery({ query: SpaceContentDocument, variables: { nameId: space.nameId } });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  const apps = content.data?.space.projects.flatMap((project) => project.apps) ?? [];
  useLiveApps(
    apps.map((app) => app.id),
    refresh,
  );
  return (
    <div className="grid grid-cols-1 gap-8 xl:grid-cols-[minmax(0,1fr)_19rem]">
      <QueryView asked={content} retry={refresh}>
        {(data) => <ProjectList projects={data.space.projects} />}
      </QueryView>
      <Section title={words.space.about}>
        <Panel className="flex flex-col gap-4">
          <Facts
            stacked
            facts={[
              [words.space.yourRole, space.myRole ? (words.roles[space.myRole] ?? space.myRole) : words.space.noRole],
              [words.space.tabs.members, words.space.memberCount(space.memberCount)],
              [words.space.joining, words.space.membership[space.membership] ?? space.membership],
              [words.space.created, <RelativeTime key="at" at={space.createdAt} />],
            ]}
          />
          {space.tags.length > 0 && (
            <div className="flex flex-wrap gap-1.5">
              {space.tags.map((tag) => (
                <Tag key={tag}>{tag}</Tag>
              ))}
            </div>
          )}
          {space.may.leave && <LeaveButton />}
        </Panel>
      </Section>
    </div>
  );
}

function LeaveButton() {
  const words = useWords();
  const space = useSpace();
  const { viewer } = useSession();
  const mutate = useMutate();
  const navigate = useNavigate();
  const leave = async () => {
    await mutate(LeaveDocument, { spaceId: space.id, personId: viewer.person.id });
    await navigate({ to: '/' });
  };
  return (
    <div>
      <ConfirmButton
        small
        label={words.space.leave}
        title={words.space.leaveTitle}
        text={words.space.leaveText}
        deed={leave}
      />
    </div>
  );
}
