import { Outlet } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import { useQuery } from 'urql';
import { AppDocument } from '#src/graph/documents-app.ts';
import { useLiveApps } from '#src/live/use-live-apps.ts';
import { DeployButton } from '#src/pages/app/deploy-button.tsx';
import { type App, AppContext, appRouteApi } from '#src/pages/app/use-app.ts';
import { Frame, type Tab } from '#src/shell/frame.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { StateBadge } from '#src/ui/status.tsx';
import { useWords, type Words } from '#src/words/words.tsx';

/** An app and its parts as tabs, following what happens to it. */
export function AppFrame() {
  const words = useWords();
  const { appId } = appRouteApi.useParams();
  const [asked, ask] = useQuery({ query: AppDocument, variables: { id: appId } });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  useLiveApps([appId], refresh);
  const app = asked.data?.app;
  if (!app)
    return (
      <Frame title={words.space.home.apps}>
        <QueryView asked={asked} retry={refresh}>
          {() => null}
        </QueryView>
      </Frame>
    );
  const { project } = app;
  return (
    <Frame
      title={app.name}
      badge={<StateBadge state={app.state} />}
      about={<Address url={app.url} />}
      crumbs={[
        { label: project.space.name, link: { to: '/s/$space', params: { space: project.space.nameId } } },
        { label: project.name, link: { to: '/p/$projectId', params: { projectId: project.id } } },
      ]}
      tabs={tabsOf(app, words)}
      actions={<DeployButton app={app} />}
    >
      <AppContext value={app}>
        <Outlet />
      </AppContext>
    </Frame>
  );
}

function Address({ url }: { url: string }) {
  return (
    <a
      href={url}
      target="_blank"
      rel="noreferrer"
      className="inline-flex items-center gap-1.5 rounded font-mono text-[0.867rem] hover:text-green hover:underline"
    >
      {url.replace(/^https?:\/\//, '')}
      <ExternalLink aria-hidden className="size-3.5" />
    </a>
  );
}

function tabsOf({ id, may }: App, words: Words): Tab[] {
  const params = { appId: id };
  const text = words.app.tabs;
  return [
    { label: text.overview, link: { to: '/a/$appId', params }, exact: true },
    { label: text.deployments, link: { to: '/a/$appId/deployments', params } },
    ...(may.readLogs ? [{ label: text.logs, link: { to: '/a/$appId/logs', params } } as Tab] : []),
    { label: text.instances, link: { to: '/a/$appId/instances', params } },
    ...(may.readVariables ? [{ label: text.variables, link: { to: '/a/$appId/variables', params } } as Tab] : []),
    { label: text.domains, link: { to: '/a/$appId/domains', params } },
    { label: text.access, link: { to: '/a/$appId/access', params } },
    ...(may.update ? [{ label: text.audit, link: { to: '/a/$appId/audit', params } } as Tab] : []),
    ...(may.update || may.remove ? [{ label: text.settings, link: { to: '/a/$appId/settings', params } } as Tab] : []),
  ];
}
