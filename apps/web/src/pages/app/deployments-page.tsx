import { History } from 'lucide-react';
import { useState } from 'react';
import { useQuery } from 'urql';
import { DeploymentsDocument } from '#src/graph/documents-app.ts';
import { useLiveApps } from '#src/live/use-live-apps.ts';
import { DeployButton } from '#src/pages/app/deploy-button.tsx';
import { DeploymentRow } from '#src/pages/app/deployment-row.tsx';
import { useApp } from '#src/pages/app/use-app.ts';
import { WhyNot } from '#src/pages/app/why-not.tsx';
import { Button } from '#src/ui/button.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Empty, Rows, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** Every deployment of the app, newest first; each can be looked into, and the kept ones rolled back to. */
export function DeploymentsPage() {
  const words = useWords();
  const app = useApp();
  const [pages, setPages] = useState<(string | null)[]>([null]);
  return (
    <Section
      title={words.app.tabs.deployments}
      actions={!app.may.rollback && <WhyNot appId={app.id} action="rollback" label={words.app.rollback.button} />}
    >
      {pages.map((after, index) => (
        <Page
          key={after ?? 'first'}
          after={after}
          last={index === pages.length - 1}
          onMore={(cursor) => setPages([...pages, cursor])}
        />
      ))}
    </Section>
  );
}

interface PageProps {
  after: string | null;
  last: boolean;
  onMore(cursor: string): void;
}

function Page({ after, last, onMore }: PageProps) {
  const words = useWords();
  const app = useApp();
  const [asked, ask] = useQuery({ query: DeploymentsDocument, variables: { appId: app.id, after } });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  useLiveApps([app.id], refresh);
  return (
    <QueryView asked={asked} retry={refresh}>
      {({ app: { deployments } }) => (
        <>
          {deployments.nodes.length === 0 && (
            <Empty
              icon={<History aria-hidden />}
              title={words.app.list.emptyTitle}
              text={words.app.list.empty}
              action={app.may.deploy && <DeployButton app={app} />}
            />
          )}
          {deployments.nodes.length > 0 && (
            <Rows label={words.app.tabs.deployments}>
              {deployments.nodes.map((one) => (
                <DeploymentRow key={one.id} deployment={one} />
              ))}
            </Rows>
          )}
          {last && deployments.hasNextPage && deployments.endCursor && (
            <Button onClick={() => onMore(deployments.endCursor ?? '')}>{words.actions.more}</Button>
          )}
        </>
      )}
    </QueryView>
  );
}
