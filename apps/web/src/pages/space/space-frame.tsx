import { Outlet } from '@tanstack/react-router';
import { useQuery } from 'urql';
import { SpaceDocument } from '#src/graph/documents-space.ts';
import { JoinButton } from '#src/pages/space/join-button.tsx';
import { type Space, SpaceContext, spaceRouteApi } from '#src/pages/space/use-space.ts';
import { Frame, type Tab } from '#src/shell/frame.tsx';
import { Tile } from '#src/ui/avatar.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { StateBadge, Tag } from '#src/ui/status.tsx';
import { useWords, type Words } from '#src/words/words.tsx';

/** A space and its parts as tabs; a part that the person may not use is not there. */
export function SpaceFrame() {
  const words = useWords();
  const { space: nameId } = spaceRouteApi.useParams();
  const [asked, ask] = useQuery({ query: SpaceDocument, variables: { nameId } });
  const space = asked.data?.space;
  if (!space)
    return (
      <Frame title={nameId}>
        <QueryView asked={asked} retry={() => ask({ requestPolicy: 'network-only' })}>
          {() => null}
        </QueryView>
      </Frame>
    );
  return (
    <Frame
      title={space.name}
      about={space.tagline}
      icon={<Tile name={space.name} large />}
      badge={
        <>
          <Tag>{words.space.kind[space.privacy] ?? space.privacy}</Tag>
          {space.visibility !== 'active' && <StateBadge state={space.visibility} />}
        </>
      }
      crumbs={
        space.parent
          ? [{ label: space.parent.name, link: { to: '/s/$space', params: { space: space.parent.nameId } } }]
          : []
      }
      tabs={tabsOf(space, words)}
      actions={space.may.join && <JoinButton id={space.id} label={words.space.join} />}
    >
      <SpaceContext value={space}>
        <Outlet />
      </SpaceContext>
    </Frame>
  );
}

function tabsOf(space: Space, words: Words): Tab[] {
  const params = { space: space.nameId };
  const text = words.space.tabs;
  return [
    { label: text.overview, link: { to: '/s/$space', params }, exact: true },
    { label: text.projects, link: { to: '/s/$space/projects', params } },
    { label: text.subspaces, link: { to: '/s/$space/subspaces', params } },
    { label: text.members, link: { to: '/s/$space/members', params } },
    { label: text.access, link: { to: '/s/$space/access', params } },
    ...(space.may.readAudit ? [{ label: text.audit, link: { to: '/s/$space/audit', params } } as Tab] : []),
    ...(space.may.update || space.may.remove
      ? [{ label: text.settings, link: { to: '/s/$space/settings', params } } as Tab]
      : []),
  ];
}
