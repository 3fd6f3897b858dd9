import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { SubgraphAdds } from '#src/pages/app/subgraph-adds.tsx';
import type { AppSettings } from '#src/pages/app/update-app.ts';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { TextField } from '#src/ui/field.tsx';
import { StateBadge } from '#src/ui/status.tsx';
import { Panel, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const OfferDocument = graphql(`
  mutation OfferAppSubgraph($appId: ID!, $path: String!, $name: String) {
    offerAppSubgraph(appId: $appId, path: $path, name: $name) { appId name path state reason adds }
  }
`);
const WithdrawDocument = graphql(`
  mutation WithdrawAppSubgraph($appId: ID!) { withdrawAppSubgraph(appId: $appId) }
`);

/** The app's own fields in the house's graph: offered here, allowed by an operator. */
export function GraphSettings({ app, onChanged }: { app: AppSettings; onChanged: () => void }) {
  const text = useWords().app.settings.graph;
  const mutate = useMutate();
  const { subgraph } = app;
  const offer = async (field: (name: string) => string) => {
    await mutate(OfferDocument, { appId: app.id, path: field('path'), name: field('name') || null });
    onChanged();
  };
  const withdraw = async () => {
    await mutate(WithdrawDocument, { appId: app.id });
    onChanged();
  };
  return (
    <Section title={text.title} note={text.note}>
      <Panel className="flex max-w-2xl flex-col gap-4">
        {subgraph && (
          <div className="flex flex-col gap-2" aria-live="polite">
            <div className="flex flex-wrap items-center gap-3">
              <StateBadge state={subgraph.state} label={text.states[subgraph.state] ?? subgraph.state} />
              <p className="min-w-0 text-[0.9rem] wrap-anywhere text-ink-soft">{text.meaning[subgraph.state]}</p>
            </div>
            {subgraph.reason && <p className="text-[0.933rem] wrap-anywhere whitespace-pre-line">{subgraph.reason}</p>}
            <SubgraphAdds adds={subgraph.adds} />
          </div>
        )}
        <DeedForm
          key={`${subgraph?.name} ${subgraph?.path}`}
          submit={subgraph ? text.offerAgain : text.offer}
          done={text.offered}
          deed={offer}
        >
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              label={text.path}
              hint={text.pathHint}
              name="path"
              required
              pattern="/.*"
              maxLength={200}
              defaultValue={subgraph?.path ?? '/graphql'}
              className="font-mono"
            />
            <TextField
              label={text.name}
              hint={text.nameHint}
              name="name"
              pattern="[a-z][A-Za-z0-9]*"
              maxLength={30}
              defaultValue={subgraph?.name ?? ''}
              autoComplete="off"
              spellCheck={false}
              className="font-mono"
            />
          </div>
        </DeedForm>
        {subgraph && (
          <div>
            <ConfirmButton
              small
              label={text.withdraw}
              title={text.withdrawTitle}
              text={text.withdrawText}
              deed={withdraw}
            />
          </div>
        )}
      </Panel>
    </Section>
  );
}
