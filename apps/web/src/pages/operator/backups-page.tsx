import { ArchiveRestore } from 'lucide-react';
import { useCallback, useEffect } from 'react';
import { useQuery } from 'urql';
import { graphql, type ResultOf } from '#src/graph/tada.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import { Button } from '#src/ui/button.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { StateBadge, Tag } from '#src/ui/status.tsx';
import { Empty, Row, Rows, Section } from '#src/ui/surface.tsx';
import { Duration, RelativeTime } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

const BackupsDocument = graphql(`
  query Backups {
    backups {
      place cron proofCron keep concern
      lastBackup { id finishedAt bytes }
      lastProof { id finishedAt name }
      runs { id kind state name place startedAt finishedAt bytes reason }
    }
  }
`);
type State = NonNullable<ResultOf<typeof BackupsDocument>['backups']>;

const BackUpNowDocument = graphql(`
  mutation BackUpNow { backUpNow { id } }
`);

/** How often a back-up that is under way is looked at. */
const lookMs = 1_000;

/** Whether the house could be brought back: the last back-up, and when a restore of one was last proven. */
export function BackupsPage() {
  const words = useWords();
  const text = words.operator.backups;
  const [asked, ask] = useQuery({ query: BackupsDocument, requestPolicy: 'network-only' });
  const refresh = useCallback(() => ask({ requestPolicy: 'network-only' }), [ask]);
  const mutate = useMutate();
  const now = useAction(() => mutate(BackUpNowDocument, {}));
  const state = asked.data?.backups;
  const isUnderWay = state?.runs.some((run) => run.state === 'running') ?? false;
  useEffect(() => {
    if (!isUnderWay) return;
    const timer = setInterval(refresh, lookMs);
    return () => clearInterval(timer);
  }, [isUnderWay, refresh]);
  return (
    <Section
      title={text.title}
      note={text.note}
      actions={
        <>
          {state?.place && (
            <Button variant="primary" busy={now.busy || isUnderWay} onClick={() => void now.run()}>
              {text.now}
            </Button>
          )}
          <Button busy={asked.fetching && !isUnderWay} onClick={refresh}>
            {text.refresh}
          </Button>
        </>
      }
    >
      <ProblemNote problem={now.problem} />
      <QueryView asked={asked} retry={refresh}>
        {({ backups }) =>
          backups ? (
            <>
              <Summary state={backups} />
              <Runs runs={backups.runs} />
            </>
          ) : (
            <Empty icon={<ArchiveRestore aria-hidden />} title={text.emptyTitle} text={text.elsewhere} />
          )
        }
      </QueryView>
    </Section>
  );
}

function Summary({ state }: { state: State }) {
  const text = useWords().operator.backups;
  const facts: [string, React.ReactNode][] = [
    [text.last, <RelativeTime key="last" at={state.lastBackup?.finishedAt} />],
    [text.proven, <RelativeTime key="proven" at={state.lastProof?.finishedAt} />],
    [text.plan, state.place ? text.planned(state) : text.unplanned],
  ];
  return (
    <Rows label={text.state}>
      {state.concern && (
        <Row>
          <p className="min-w-0 flex-1 text-red">{state.concern}</p>
        </Row>
      )}
      {facts.map(([label, value]) => (
        <Row key={label}>
          <p className="w-48 font-medium">{label}</p>
          <p className="min-w-0 flex-1 break-words text-[0.933rem] text-ink-soft">{value}</p>
        </Row>
      ))}
    </Rows>
  );
}

function Runs({ runs }: { runs: State['runs'] }) {
  const text = useWords().operator.backups;
  if (runs.length === 0)
    return <Empty icon={<ArchiveRestore aria-hidden />} title={text.emptyTitle} text={text.empty} />;
  return (
    <Rows label={text.runs}>
      {runs.map((run) => (
        <Row key={run.id}>
          <div className="min-w-0 flex-1 basis-64">
            <p className="flex flex-wrap items-center gap-2">
              <Tag>{text.kinds[run.kind] ?? run.kind}</Tag>
              <code className="min-w-0 font-mono text-[0.833rem] break-all">{run.name}</code>
            </p>
            {run.reason && <p className="text-[0.9rem] text-red">{run.reason}</p>}
            <p className="text-[0.867rem] text-ink-soft">
              {run.place} · <RelativeTime at={run.startedAt} /> · <Duration from={run.startedAt} to={run.finishedAt} />
              {run.bytes !== null && ` · ${text.size(run.bytes)}`}
            </p>
          </div>
          <StateBadge state={run.state} />
        </Row>
      ))}
    </Rows>
  );
}
