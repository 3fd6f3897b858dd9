import { CircleHelp } from 'lucide-react';
import { useState } from 'react';
import { useQuery } from 'urql';
import { graphql } from '#src/graph/tada.ts';
import { Explanation } from '#src/pages/access/explanation.tsx';
import { spoken } from '#src/pages/access/spoken.ts';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { QueryView } from '#src/ui/query-view.tsx';
import { useWords } from '#src/words/words.tsx';

const WhyDocument = graphql(`
  query Why($id: ID!, $action: String!) {
    app(id: $id) { id why(action: $action) { allowed text steps { what text nodeId nodeName } } }
  }
`);

/** A deed that this person may not do: named, switched off, and its reason one press away. */
export function WhyNot({ appId, action, label }: { appId: string; action: string; label: string }) {
  const words = useWords();
  const [open, setOpen] = useState(false);
  const [asked, ask] = useQuery({ query: WhyDocument, variables: { id: appId, action } });
  const reason = asked.data ? spoken(asked.data.app.why.text) : words.app.mayNot[action];
  return (
    <div className="flex max-w-72 flex-col items-end gap-1">
      <div className="flex items-center gap-2">
        <Button disabled>{label}</Button>
        <Button
          variant="quiet"
          onClick={() => setOpen(true)}
          aria-label={`${words.actions.why} ${words.app.mayNot[action] ?? ''}`}
        >
          <CircleHelp aria-hidden className="size-4" />
          {words.actions.why}
        </Button>
      </div>
      <p className="text-right text-[0.833rem] leading-snug text-ink-soft">{reason}</p>
      <Dialog open={open} onClose={() => setOpen(false)} title={words.app.mayNot[action] ?? words.app.whyTitle}>
        <QueryView asked={asked} retry={() => ask({ requestPolicy: 'network-only' })}>
          {(data) => <Explanation explanation={data.app.why} />}
        </QueryView>
      </Dialog>
    </div>
  );
}
