import type { DeploymentsDocument } from '#src/graph/documents-app.ts';
import type { ResultOf } from '#src/graph/tada.ts';
import { DeploymentLine } from '#src/pages/app/deployment-line.tsx';
import { Reason } from '#src/pages/app/reason.tsx';
import { RollBackButton } from '#src/pages/app/roll-back-button.tsx';
import { useApp } from '#src/pages/app/use-app.ts';
import { StateBadge } from '#src/ui/status.tsx';
import { Row } from '#src/ui/surface.tsx';
import { Duration } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

type ListedDeployment = ResultOf<typeof DeploymentsDocument>['app']['deployments']['nodes'][number];

/** One deployment in a list: what it was, how long it took, how it stands, and the way back to it. */
export function DeploymentRow({ deployment }: { deployment: ListedDeployment }) {
  const words = useWords();
  const app = useApp();
  const { state, isLive } = deployment;
  return (
    <Row className="hover:bg-sunken">
      <div className="min-w-0 flex-1 basis-64">
        <DeploymentLine appId={app.id} deployment={deployment} row />
        {deployment.reason && <Reason deployment={deployment} className="truncate text-[0.867rem]" />}
      </div>
      <span className="w-16 text-right text-[0.867rem] text-ink-soft">
        <Duration from={deployment.createdAt} to={deployment.finishedAt} />
      </span>
      <StateBadge
        state={state === 'live' && !isLive ? 'done' : state}
        {...(isLive && { label: words.app.list.live })}
      />
      {app.may.rollback && deployment.canRollBackTo && !isLive && (
        <span className="relative">
          <RollBackButton deployment={deployment} />
        </span>
      )}
    </Row>
  );
}
