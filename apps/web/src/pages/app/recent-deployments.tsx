import { useQuery } from 'urql';
import { DeploymentsDocument } from '#src/graph/documents-app.ts';
import { useLiveApps } from '#src/live/use-live-apps.ts';
import { DeploymentRow } from '#src/pages/app/deployment-row.tsx';
import { useApp } from '#src/pages/app/use-app.ts';
import { ButtonLink } from '#src/ui/button.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Rows, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const shown = 5;

/** What went before what is live: the way back is one press away. Nothing where there was nothing. */
export function RecentDeployments() {
  const words = useWords();
  const app = useApp();
  const [asked, ask] = useQuery({ query: DeploymentsDocument, variables: { appId: app.id, after: null } });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  useLiveApps([app.id], refresh);
  const above = new Set([app.live?.id, app.newest?.id]);
  if (asked.data?.app.deployments.nodes.every((one) => above.has(one.id))) return null;
  return (
    <Section
      title={words.app.recent}
      actions={
        <ButtonLink small variant="quiet" to="/a/$appId/deployments" params={{ appId: app.id }}>
          {words.app.allDeployments}
        </ButtonLink>
      }
    >
      <QueryView asked={asked} retry={refresh}>
        {(data) => (
          <Rows label={words.app.recent}>
            {data.app.deployments.nodes
              .filter((one) => !above.has(one.id))
              .slice(0, shown)
              .map((one) => (
                <DeploymentRow key={one.id} deployment={one} />
              ))}
          </Rows>
        )}
      </QueryView>
    </Section>
  );
}
