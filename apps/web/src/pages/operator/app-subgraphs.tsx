import { Workflow } from 'lucide-react';
import { useState } from 'react';
import { useQuery } from 'urql';
import { graphql, type ResultOf } from '#src/graph/tada.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import { SubgraphAdds } from '#src/pages/app/subgraph-adds.tsx';
import { Button } from '#src/ui/button.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { TextField } from '#src/ui/field.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { StateBadge } from '#src/ui/status.tsx';
import { Empty, Row, Rows, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const AppSubgraphsDocument = graphql(`
  query AppSubgraphs { appSubgraphs { appId appName name path state reason sdl adds } }
`);
const AllowDocument = graphql(`
  mutation AllowAppSubgraph($appId: ID!, $allow: Boolean!, $reason: String) {
    allowAppSubgraph(appId: $appId, allow: $allow, reason: $reason) { appId state reason }
  }
`);
type Subgraph = ResultOf<typeof AppSubgraphsDocument>['appSubgraphs'][number];

/** What apps offer to the graph; an operator says which of it is taken in. */
export function AppSubgraphs() {
  const text = useWords().operator.graph.apps;
  const [asked, ask] = useQuery({ query: AppSubgraphsDocument, requestPolicy: 'network-only' });
  const refresh = () => ask({ requestPolicy: 'network-only' });
  return (
    <Section title={text.title} note={text.note}>
      <QueryView asked={asked} retry={refresh}>
        {({ appSubgraphs }) =>
          appSubgraphs.length === 0 ? (
            <Empty icon={<Workflow aria-hidden />} title={text.emptyTitle} text={text.empty} />
          ) : (
            <Rows label={text.title}>
              {appSubgraphs.map((one) => (
                <SubgraphRow key={one.appId} subgraph={one} onChanged={refresh} />
              ))}
            </Rows>
          )
        }
      </QueryView>
    </Section>
  );
}

function SubgraphRow({ subgraph, onChanged }: { subgraph: Subgraph; onChanged: () => void }) {
  const words = useWords();
  const text = words.operator.graph.apps;
  const { appName, name, path, state, reason, sdl, adds } = subgraph;
  return (
    <Row className="items-start">
      <div className="min-w-0 flex-1 basis-72">
        <p className="font-medium wrap-anywhere">{name}</p>
        <p className="text-[0.867rem] wrap-anywhere text-ink-soft">{text.of(appName, path)}</p>
        {reason && <p className="mt-1 text-[0.933rem] wrap-anywhere whitespace-pre-line">{reason}</p>}
        <div className="mt-2">
          <SubgraphAdds adds={adds} />
        </div>
        {sdl && (
          <details className="mt-2">
            <summary className="cursor-pointer text-[0.867rem] text-ink-soft">{text.sdl}</summary>
            <pre className="mt-2 max-h-96 overflow-auto rounded-lg border bg-sunken p-3 font-mono text-[0.8rem]">
              {sdl}
            </pre>
          </details>
        )}
      </div>
      <StateBadge state={state} label={words.app.settings.graph.states[state] ?? state} />
      <Decision subgraph={subgraph} onChanged={onChanged} />
    </Row>
  );
}

function Decision({ subgraph, onChanged }: { subgraph: Subgraph; onChanged: () => void }) {
  const text = useWords().operator.graph.apps;
  const mutate = useMutate();
  const [denying, setDenying] = useState(false);
  const { appId, name, state } = subgraph;
  const allow = useAction(async () => {
    await mutate(AllowDocument, { appId, allow: true });
    onChanged();
  });
  const deny = async (field: (name: string) => string) => {
    await mutate(AllowDocument, { appId, allow: false, reason: field('reason') });
    setDenying(false);
    onChanged();
  };
  return (
    <div className="flex flex-col items-end gap-2">
      <div className="flex gap-2">
        {(state === 'offered' || state === 'denied') && (
          <Button small variant="primary" busy={allow.busy} onClick={() => void allow.run()}>
            {text.allow}
          </Button>
        )}
        {state !== 'denied' && (
          <Button small variant="danger" onClick={() => setDenying(true)}>
            {text.deny}
          </Button>
        )}
      </div>
      <ProblemNote problem={allow.problem} />
      <Dialog open={denying} onClose={() => setDenying(false)} title={text.denyTitle(name)}>
        <DeedForm submit={text.deny} deed={deny}>
          <p className="text-ink-soft">{text.denyText}</p>
          <TextField label={text.reason} hint={text.reasonHint} name="reason" maxLength={500} autoComplete="off" />
        </DeedForm>
      </Dialog>
    </div>
  );
}
