import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { graphql } from '#src/graph/tada.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import { useApp } from '#src/pages/app/use-app.ts';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { useToast } from '#src/ui/toasts.tsx';
import { useWords } from '#src/words/words.tsx';

const RollBackDocument = graphql(`
  mutation RollBack($appId: ID!, $toDeploymentId: ID!) {
    rollBack(appId: $appId, toDeploymentId: $toDeploymentId) { id number state createdAt }
  }
`);

/** Brings an earlier deployment back, with its configuration. */
export function RollBackButton({ deployment }: { deployment: { id: string; number: number } }) {
  const words = useWords();
  const text = words.app.rollback;
  const app = useApp();
  const mutate = useMutate();
  const toast = useToast();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const rollBack = useAction(async () => {
    const { rollBack: started } = await mutate(RollBackDocument, { appId: app.id, toDeploymentId: deployment.id });
    toast({ text: text.done(deployment.number) });
    setOpen(false);
    await navigate({ to: '/a/$appId/deployments/$deploymentId', params: { appId: app.id, deploymentId: started.id } });
  });
  return (
    <>
      <Button small onClick={() => setOpen(true)}>
        {text.button}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={text.title(deployment.number)}>
        <p className="text-ink-soft">{text.text}</p>
        <ProblemNote problem={rollBack.problem} />
        <div className="flex justify-end gap-2">
          <Button variant="quiet" onClick={() => setOpen(false)}>
            {words.actions.cancel}
          </Button>
          <Button variant="primary" busy={rollBack.busy} onClick={() => void rollBack.run()}>
            {text.button}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
