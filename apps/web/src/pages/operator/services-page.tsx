import { useQuery } from 'urql';
import { graphql } from '#src/graph/tada.ts';
import { Button } from '#src/ui/button.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { StateBadge } from '#src/ui/status.tsx';
import { Row, Rows, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const ServicesDocument = graphql(`
  query Services { services { name ready reason } }
`);

/** The health of the house's parts. */
export function ServicesPage() {
  const words = useWords();
  const text = words.operator.services;
  const [asked, ask] = useQuery({ query: ServicesDocument, requestPolicy: 'network-only' });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  return (
    <Section
      title={text.title}
      note={text.note}
      actions={
        <Button busy={asked.fetching} onClick={refresh}>
          {text.refresh}
        </Button>
      }
    >
      <QueryView asked={asked} retry={refresh}>
        {(data) => (
          <Rows label={text.title}>
            {data.services.map((service) => (
              <Row key={service.name}>
                <p className="w-32 font-medium">{service.name}</p>
                <p className="min-w-0 flex-1 text-[0.933rem] text-ink-soft">{service.reason ?? text.fine}</p>
                <StateBadge state={service.ready ? 'ready' : 'unready'} />
              </Row>
            ))}
          </Rows>
        )}
      </QueryView>
    </Section>
  );
}
