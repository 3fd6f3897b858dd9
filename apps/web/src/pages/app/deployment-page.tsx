import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useQuery } from 'urql';
import { DeploymentDocument } from '#src/graph/documents-app.ts';
import { graphql, type ResultOf } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { useLiveApps } from '#src/live/use-live-apps.ts';
import { BuildLog } from '#src/pages/app/build-log.tsx';
import { DeploymentLine } from '#src/pages/app/deployment-line.tsx';
import { DetectionView } from '#src/pages/app/detection-view.tsx';
import { LogLines } from '#src/pages/app/log-lines.tsx';
import { RollBackButton } from '#src/pages/app/roll-back-button.tsx';
import { StageRail } from '#src/pages/app/stage-rail.tsx';
import { isUnderWay, useApp } from '#src/pages/app/use-app.ts';
import { classNames } from '#src/ui/class-names.ts';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { StateBadge } from '#src/ui/status.tsx';
import { Note, Panel, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const TracePlot = lazy(() => import('#src/pages/app/trace-plot.tsx').then((file) => ({ default: file.TracePlot })));

const CancelDocument = graphql(`
  mutation CancelDeployment($id: ID!) { cancelDeployment(id: $id) { id state reason finishedAt } }
`);

export type Deployment = ResultOf<typeof DeploymentDocument>['deployment'];

const route = getRouteApi('/signed-in/house/a/$appId/deployments/$deploymentId');

/** One deployment: its stages, its log as it grows, and what happened to requests meanwhile. */
export function DeploymentPage() {
  const { deploymentId } = route.useParams();
  const app = useApp();
  const [asked, ask] = useQuery({ query: DeploymentDocument, variables: { id: deploymentId } });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  useLiveApps([app.id], refresh);
  return (
    <QueryView asked={asked} retry={refresh}>
      {(data) => <View key={data.deployment.id} deployment={data.deployment} />}
    </QueryView>
  );
}

function View({ deployment }: { deployment: Deployment }) {
  const words = useWords();
  const text = words.app.detail;
  const app = useApp();
  const underWay = isUnderWay(deployment.state);
  return (
    <>
      <Head deployment={deployment} underWay={underWay} />
      {deployment.reason && (
        <div className="flex flex-col gap-3">
          <div
            role="status"
            className={classNames(
              'rounded-xl border px-4 py-3',
              deployment.state === 'failed' ? 'border-red/35 bg-red-wash' : 'bg-sunken',
            )}
          >
            <p className="font-medium">{words.states[deployment.state] ?? text.failed}</p>
            <p>{deployment.reason}</p>
          </div>
          {deployment.lastLines.length > 0 && (
            <>
              <h2 className="text-[0.933rem] font-medium">{text.lastLines}</h2>
              <LogLines lines={deployment.lastLines} label={text.lastLines} />
            </>
          )}
        </div>
      )}
      {app.may.readLogs ? (
        <BuildLog
          deploymentId={deployment.id}
          underWay={underWay}
          stages={deployment.stages.map((stage) => stage.name)}
        />
      ) : (
        <Note>{words.app.logs.noRight}</Note>
      )}
      <Section title={text.trace}>
        {deployment.trace ? (
          <Suspense>
            <TracePlot trace={deployment.trace} generation={deployment.id} />
          </Suspense>
        ) : (
          <p className="max-w-[68ch] text-[0.933rem] text-ink-soft">{text.traceNone}</p>
        )}
      </Section>
      {deployment.detection && (
        <Section title={text.detection}>
          <DetectionView detection={deployment.detection} />
        </Section>
      )}
    </>
  );
}

function Head({ deployment, underWay }: { deployment: Deployment; underWay: boolean }) {
  const words = useWords();
  const text = words.app.detail;
  const app = useApp();
  const mutate = useMutate();
  return (
    <Panel className="flex flex-col gap-6">
      <div className="flex flex-wrap items-start justify-between gap-4">
        <div className="min-w-0">
          <h2 className="sr-only">{text.title(deployment.number)}</h2>
          <DeploymentLine appId={app.id} deployment={deployment} />
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <StateBadge state={deployment.state} />
          {underWay && app.may.cancel && (
            <ConfirmButton
              small
              label={text.cancel}
              title={text.cancelTitle}
              text={text.cancelText}
              deed={() => mutate(CancelDocument, { id: deployment.id })}
            />
          )}
          {app.may.rollback && deployment.canRollBackTo && !deployment.isLive && (
            <RollBackButton deployment={deployment} />
          )}
        </div>
      </div>
      <StageRail stages={deployment.stages} />
    </Panel>
  );
}
