import { graphql } from '#src/graph/tada.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import type { App } from '#src/pages/app/use-app.ts';
import { Button } from '#src/ui/button.tsx';
import { ConfirmButton } from '#src/ui/confirm-dialog.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { useToast } from '#src/ui/toasts.tsx';
import { useWords } from '#src/words/words.tsx';

const StopDocument = graphql(`
  mutation StopApp($id: ID!) { stopApp(id: $id) { id state } }
`);
const StartDocument = graphql(`
  mutation StartApp($id: ID!) { startApp(id: $id) { id state } }
`);

/** Ends what runs, or begins it again. */
export function StopStart({ app }: { app: App }) {
  const words = useWords();
  const mutate = useMutate();
  const toast = useToast();
  const start = useAction(async () => {
    await mutate(StartDocument, { id: app.id });
    toast({ text: words.app.started });
  });
  if (app.state === 'stopped')
    return (
      <div className="flex flex-col gap-3">
        <div>
          <Button small busy={start.busy} onClick={() => void start.run()}>
            {words.app.start}
          </Button>
        </div>
        <ProblemNote problem={start.problem} />
      </div>
    );
  if (app.state !== 'live') return null;
  return (
    <div>
      <ConfirmButton
        small
        label={words.app.stop}
        title={words.app.stopTitle(app.name)}
        text={words.app.stopText}
        deed={() => mutate(StopDocument, { id: app.id })}
      />
    </div>
  );
}
