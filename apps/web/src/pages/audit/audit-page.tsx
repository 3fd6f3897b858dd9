import { ScrollText } from 'lucide-react';
import { useState } from 'react';
import { useQuery } from 'urql';
import { graphql, type ResultOf } from '#src/graph/tada.ts';
import { AuditRow } from '#src/pages/audit/audit-row.tsx';
import { VerifyAudit } from '#src/pages/audit/verify-audit.tsx';
import { Button } from '#src/ui/button.tsx';
import { formText, TextField } from '#src/ui/field.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { Empty, Rows, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const AuditDocument = graphql(`
  query Audit($nodeId: ID, $action: String, $since: DateTime, $until: DateTime, $after: String) {
    audit(nodeId: $nodeId, action: $action, since: $since, until: $until, first: 50, after: $after) {
      nodes { position at action actor actorPerson { id name } nodeId target result through address requestId before after hash }
      endCursor hasNextPage
    }
  }
`);
export type AuditEntry = ResultOf<typeof AuditDocument>['audit']['nodes'][number];

interface Filter {
  action: string | null;
  since: string | null;
  until: string | null;
}
const everything: Filter = { action: null, since: null, until: null };

/** What was done at a node and under it, or in the whole house. */
export function AuditPage({ nodeId }: { nodeId?: string }) {
  const words = useWords();
  const text = words.access.audit;
  const [filter, setFilter] = useState(everything);
  const [pages, setPages] = useState<(string | null)[]>([null]);
  const apply = (next: Filter) => {
    setFilter(next);
    setPages([null]);
  };
  return (
    <Section title={text.title} note={text.note} actions={!nodeId && <VerifyAudit />}>
      <FilterForm onFilter={apply} />
      {pages.map((after, index) => (
        <Page
          key={`${JSON.stringify(filter)} ${after}`}
          variables={{ nodeId: nodeId ?? null, ...filter, after }}
          last={index === pages.length - 1}
          onMore={(cursor) => setPages([...pages, cursor])}
        />
      ))}
    </Section>
  );
}

function FilterForm({ onFilter }: { onFilter: (filter: Filter) => void }) {
  const words = useWords();
  const text = words.access.audit;
  const time = (value: string) => (value ? new Date(value).toISOString() : null);
  return (
    <form
      className="flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        const field = formText(event.currentTarget);
        onFilter({ action: field('action') || null, since: time(field('since')), until: time(field('until')) });
      }}
      onReset={() => onFilter(everything)}
    >
      <div className="w-52">
        <TextField label={text.action} name="action" placeholder={text.actionHint} maxLength={100} />
      </div>
      <div className="w-48">
        <TextField label={text.since} name="since" type="datetime-local" />
      </div>
      <div className="w-48">
        <TextField label={text.until} name="until" type="datetime-local" />
      </div>
      <Button type="submit">{text.filter}</Button>
      <Button type="reset" variant="quiet">
        {text.clear}
      </Button>
    </form>
  );
}

interface PageProps {
  variables: Filter & { nodeId: string | null; after: string | null };
  last: boolean;
  onMore(cursor: string): void;
}

function Page({ variables, last, onMore }: PageProps) {
  const words = useWords();
  const text = words.access.audit;
  const [asked, ask] = useQuery({ query: AuditDocument, variables });
  return (
    <QueryView asked={asked} retry={() => ask({ requestPolicy: 'network-only' })}>
      {({ audit }) => (
        <>
          {audit.nodes.length === 0 ? (
            <Empty icon={<ScrollText aria-hidden />} title={text.emptyTitle} text={text.empty} />
          ) : (
            <Rows label={text.title}>
              {audit.nodes.map((entry) => (
                <AuditRow key={entry.position} entry={entry} />
              ))}
            </Rows>
          )}
          {last && audit.hasNextPage && audit.endCursor && (
            <Button onClick={() => onMore(audit.endCursor ?? '')}>{words.actions.more}</Button>
          )}
        </>
      )}
    </QueryView>
  );
}
