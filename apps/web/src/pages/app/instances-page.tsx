import { Server } from 'lucide-react';
import { useQuery } from 'urql';
import { graphql } from '#src/graph/tada.ts';
import { useLiveApps } from '#src/live/use-live-apps.ts';
import { useApp } from '#src/pages/app/use-app.ts';
import { QueryView } from '#src/ui/query-view.tsx';
import { StateBadge } from '#src/ui/status.tsx';
import { Empty, Facts, Note, Row, Rows, Section } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

const InstancesDocument = graphql(`
  query Instances($id: ID!) {
    app(id: $id) {
      id
      isolation { runtime level text }
      instances { id state generation startedAt restarts memoryBytes cpuMillis reason }
    }
  }
`);

/** What runs for this app at this moment, and how well it is kept apart. */
export function InstancesPage() {
  const words = useWords();
  const text = words.app.instances;
  const app = useApp();
  const [asked, ask] = useQuery({ query: InstancesDocument, variables: { id: app.id } });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  useLiveApps([app.id], refresh);
  return (
    <QueryView asked={asked} retry={refresh}>
      {(data) => (
        <>
          <Section title={text.title}>
            {data.app.instances.length === 0 ? (
              <Empty icon={<Server aria-hidden />} title={text.emptyTitle} text={text.empty} />
            ) : (
              <Rows label={text.title}>
                {data.app.instances.map((one) => (
                  <Row key={one.id}>
                    <div className="min-w-0 flex-1 basis-56">
                      <code className="font-mono text-[0.867rem]">{one.id}</code>
                      <p className="text-[0.867rem] text-ink-soft">
                        {one.startedAt && (
                          <>
                            {text.since} <RelativeTime at={one.startedAt} /> ·{' '}
                          </>
                        )}
                        {text.restarts(one.restarts)}
                        {one.reason && ` · ${one.reason}`}
                      </p>
                    </div>
                    <div className="w-64 max-w-full">
                      <Facts
                        facts={[
                          [
                            text.memory,
                            one.memoryBytes === null ? '–' : `${Math.round(one.memoryBytes / 1_048_576)} MB`,
                          ],
                          [text.cpu, one.cpuMillis === null ? '–' : `${(one.cpuMillis / 10).toFixed(1)} %`],
                        ]}
                      />
                    </div>
                    <StateBadge state={one.state} />
                  </Row>
                ))}
              </Rows>
            )}
          </Section>
          <Section title={text.isolation}>
            <Note>
              <strong className="font-medium">{data.app.isolation.level}</strong> ({data.app.isolation.runtime}).{' '}
              {data.app.isolation.text}
            </Note>
          </Section>
        </>
      )}
    </QueryView>
  );
}
