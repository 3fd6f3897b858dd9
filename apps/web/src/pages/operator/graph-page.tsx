import { Gauge } from 'lucide-react';
import { useQuery } from 'urql';
import { graphql, type ResultOf } from '#src/graph/tada.ts';
import { AppSubgraphs } from '#src/pages/operator/app-subgraphs.tsx';
import { Button } from '#src/ui/button.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { StateBadge, Tag } from '#src/ui/status.tsx';
import { Empty, Facts, Row, Rows, Section } from '#src/ui/surface.tsx';
import { RelativeTime } from '#src/ui/time.tsx';
import { useWords } from '#src/words/words.tsx';

const GraphEndpointDocument = graphql(`
  query GraphEndpoint {
    graphEndpoint {
      gateway since revision
      subgraphs { name source state reason }
      operations(first: 50) {
        hash name known count errors p50Ms p95Ms maxMs lastSeen
        subgraphs { subgraph calls errors meanMs maxMs }
      }
    }
  }
`);
type Endpoint = ResultOf<typeof GraphEndpointDocument>['graphEndpoint'];
type Operation = Endpoint['operations'][number];

/** What the GraphQL endpoint is made of, and which operations take long. */
export function GraphPage() {
  const words = useWords();
  const text = words.operator.graph;
  const [asked, ask] = useQuery({ query: GraphEndpointDocument, requestPolicy: 'network-only' });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  return (
    <QueryView asked={asked} retry={refresh}>
      {({ graphEndpoint }) => (
        <>
          <Section
            title={text.title}
            note={text.note}
            actions={
              <Button busy={asked.fetching} onClick={refresh}>
                {text.refresh}
              </Button>
            }
          >
            <p className="text-[0.867rem] text-ink-soft">
              {text.of(graphEndpoint.gateway)} <RelativeTime at={graphEndpoint.since} />
            </p>
            <Rows label={text.title}>
              {graphEndpoint.subgraphs.map((part) => (
                <Row key={`${part.source} ${part.name}`}>
                  <div className="w-40">
                    <p className="font-medium">{part.name}</p>
                    <p className="text-[0.867rem] text-ink-soft">{text.source(part.source)}</p>
                  </div>
                  <p className="min-w-0 flex-1 basis-56 text-[0.933rem] wrap-anywhere text-ink-soft">
                    {part.reason ?? text.fine}
                  </p>
                  <StateBadge state={part.state} />
                </Row>
              ))}
            </Rows>
          </Section>
          <AppSubgraphs />
          <Section title={text.slowTitle} note={text.slowNote}>
            <Operations operations={graphEndpoint.operations} />
          </Section>
        </>
      )}
    </QueryView>
  );
}

function Operations({ operations }: { operations: Operation[] }) {
  const text = useWords().operator.graph;
  if (operations.length === 0) return <Empty icon={<Gauge aria-hidden />} title={text.emptyTitle} text={text.empty} />;
  return (
    <Rows label={text.slowTitle}>
      {operations.map((one) => (
        <OperationRow key={one.hash} operation={one} />
      ))}
    </Rows>
  );
}

function OperationRow({ operation }: { operation: Operation }) {
  const text = useWords().operator.graph;
  const { hash, name, known, count, errors, lastSeen, subgraphs } = operation;
  return (
    <Row className="items-start">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          <span className="wrap-anywhere">{name}</span> {known && <Tag>{text.ofTheWebApp}</Tag>}
        </p>
        <p className="text-[0.867rem] text-ink-soft">
          <code className="font-mono">{hash.slice(0, 12)}</code> · {text.runs(count)}
          {errors > 0 && ` · ${text.failed(errors)}`} · <RelativeTime at={lastSeen} />
        </p>
        <ul className="mt-1 text-[0.867rem] text-ink-soft">
          {subgraphs.map((one) => (
            <li key={one.subgraph}>
              {text.calls(one.calls, one.subgraph)} · {text.mean(text.ms(one.meanMs))}
              {one.errors > 0 && ` · ${text.failed(one.errors)}`}
            </li>
          ))}
        </ul>
      </div>
      <div className="w-52 max-w-full tabular-nums">
        <Facts
          facts={[
            [text.half, text.ms(operation.p50Ms)],
            [text.most, text.ms(operation.p95Ms)],
            [text.longest, text.ms(operation.maxMs)],
          ]}
        />
      </div>
    </Row>
  );
}
