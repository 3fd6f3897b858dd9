import { useQuery } from 'urql';
import { SpaceContentDocument } from '#src/graph/documents-space.ts';
import { useLiveApps } from '#src/live/use-live-apps.ts';
import { ProjectList } from '#src/pages/space/project-list.tsx';
import { useSpace } from '#src/pages/space/use-space.ts';
import { QueryView } from '#src/ui/query-view.tsx';

/** Every project of the space. */
export function ProjectsPage() {
  const space = useSpace();
  const [content, ask] = useQuery({ query: SpaceContentDocument, variables: { nameId: space.nameId } });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  const apps = content.data?.space.projects.flatMap((project) => project.apps) ?? [];
  useLiveApps(
    apps.map((app) => app.id),
    refresh,
  );
  return (
    <QueryView asked={content} retry={refresh}>
      {(data) => <ProjectList projects={data.space.projects} />}
    </QueryView>
  );
}
