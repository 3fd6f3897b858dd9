import { Sprout } from 'lucide-react';
import { DeployButton } from '#src/pages/app/deploy-button.tsx';
import { DeploymentLine } from '#src/pages/app/deployment-line.tsx';
import { Reason } from '#src/pages/app/reason.tsx';
import { RecentDeployments } from '#src/pages/app/recent-deployments.tsx';
import { StageRail } from '#src/pages/app/stage-rail.tsx';
import { StopStart } from '#src/pages/app/stop-start.tsx';
import { type App, isUnderWay, useApp } from '#src/pages/app/use-app.ts';
import { CopyButton } from '#src/ui/copy.tsx';
import { StateBadge } from '#src/ui/status.tsx';
import { Empty, Facts, Panel, Section } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

/** What is live, what is on its way, and where the app answers. */
export function AppOverviewPage() {
  const words = useWords();
  const app = useApp();
  const newestApart = app.newest && app.newest.id !== app.live?.id ? app.newest : undefined;
  return (
    <div className="grid grid-cols-1 gap-8 xl:grid-cols-[minmax(0,1fr)_19rem]">
      <div className="flex flex-col gap-8">
        {newestApart && <Newest app={app} newest={newestApart} />}
        <Section title={words.app.live}>
          {app.live ? (
            <Panel className="flex flex-wrap items-center justify-between gap-4 border-l-4 border-l-green">
              <DeploymentLine appId={app.id} deployment={app.live} />
              <StateBadge state={app.state === 'stopped' ? 'stopped' : 'live'} />
            </Panel>
          ) : (
            <Empty
              icon={<Sprout aria-hidden />}
              title={words.app.nothingLiveTitle}
              text={app.may.deploy ? words.app.nothingLive : words.app.nothingLiveGuest}
              action={app.may.deploy && !newestApart && <DeployButton app={app} />}
            />
          )}
        </Section>
        {app.newest && <RecentDeployments />}
      </div>
      <Section title={words.space.about}>
        <Panel className="flex flex-col gap-4">
          <Facts
            stacked
            facts={[
              [words.app.environment, app.environment.name],
              [
                words.app.address,
                <span key="url" className="flex items-center gap-1">
                  <span className="min-w-0 break-all">{new URL(app.url).host}</span>
                  <CopyButton text={app.url} />
                </span>,
              ],
              [words.space.created, <RelativeTime key="at" at={app.createdAt} />],
            ]}
          />
          {app.may.update && <StopStart app={app} />}
        </Panel>
      </Section>
    </div>
  );
}

function Newest({ app, newest }: { app: App; newest: NonNullable<App['newest']> }) {
  const words = useWords();
  return (
    <Section title={words.app.newest}>
      <Panel className="flex flex-col gap-5">
        <div className="flex flex-wrap items-center justify-between gap-4">
          <DeploymentLine appId={app.id} deployment={newest} />
          <StateBadge state={newest.state} />
        </div>
        {isUnderWay(newest.state) && <StageRail stages={newest.stages} />}
        {newest.reason && <Reason deployment={newest} className="text-[0.933rem]" />}
      </Panel>
    </Section>
  );
}
