import { Outlet } from '@tanstack/react-router';
import { useQuery } from 'urql';
import { ProjectDocument } from '#src/graph/documents-app.ts';
import { useLiveApps } from '#src/live/use-live-apps.ts';
import { type Project, ProjectContext, projectRouteApi } from '#src/pages/project/use-project.ts';
import { Frame, type Tab } from '#src/shell/frame.tsx';
import { ButtonLink } from '#src/ui/button.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { useWords, type Words } from '#src/words/words.tsx';

/** A project and its parts as tabs. */
export function ProjectFrame() {
  const words = useWords();
  const { projectId } = projectRouteApi.useParams();
  const [asked, ask] = useQuery({ query: ProjectDocument, variables: { id: projectId } });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  const project = asked.data?.project;
  useLiveApps(project?.apps.map((app) => app.id) ?? [], refresh);
  if (!project)
    return (
      <Frame title={words.space.tabs.projects}>
        <QueryView asked={asked} retry={refresh}>
          {() => null}
        </QueryView>
      </Frame>
    );
  const space = { space: project.space.nameId };
  return (
    <Frame
      title={project.name}
      crumbs={[
        { label: project.space.name, link: { to: '/s/$space', params: space } },
        { label: words.space.tabs.projects, link: { to: '/s/$space/projects', params: space } },
      ]}
      tabs={tabsOf(project, words)}
      actions={
        project.may.createApp && (
          <ButtonLink to="/p/$projectId/new-app" params={{ projectId }} variant="primary">
            {words.app.project.newApp}
          </ButtonLink>
        )
      }
    >
      <ProjectContext value={project}>
        <Outlet />
      </ProjectContext>
    </Frame>
  );
}

function tabsOf({ id, may }: Project, words: Words): Tab[] {
  const params = { projectId: id };
  const text = words.app.project.tabs;
  return [
    { label: text.apps, link: { to: '/p/$projectId', params }, exact: true },
    { label: text.environments, link: { to: '/p/$projectId/environments', params } },
    ...(may.readVariables ? [{ label: text.variables, link: { to: '/p/$projectId/variables', params } } as Tab] : []),
    { label: text.access, link: { to: '/p/$projectId/access', params } },
    ...(may.update ? [{ label: text.audit, link: { to: '/p/$projectId/audit', params } } as Tab] : []),
    ...(may.update || may.remove
      ? [{ label: text.settings, link: { to: '/p/$projectId/settings', params } } as Tab]
      : []),
  ];
}
