import { useNavigate } from '@tanstack/react-router';
import { graphql } from '#src/graph/tada.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import { WhyNot } from '#src/pages/app/why-not.tsx';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { useToast } from '#src/ui/toasts.tsx';
import { useWords } from '#src/words/words.tsx';

const DeployDocument = graphql(`
  mutation Deploy($appId: ID!) { deploy(appId: $appId) { id number state createdAt app { id state newest { id } } } }
`);

interface DeployButtonProps {
  app: { id: string; may: { deploy: boolean } };
  plain?: boolean;
}

/** Deploys the newest commit; for whoever may not, it stands disabled where they look for it and says why. */
export function DeployButton({ app, plain }: DeployButtonProps) {
  const words = useWords();
  const mutate = useMutate();
  const toast = useToast();
  const navigate = useNavigate();
  const deploy = useAction(async () => {
    const { deploy: started } = await mutate(DeployDocument, { appId: app.id });
    toast({ text: words.app.deployStarted(started.number) });
    await navigate({ to: '/a/$appId/deployments/$deploymentId', params: { appId: app.id, deploymentId: started.id } });
  });
  if (!app.may.deploy) return <WhyNot appId={app.id} action="deploy" label={words.app.deploy} />;
  return (
    <>
      <Button variant={plain ? 'plain' : 'primary'} busy={deploy.busy} onClick={() => void deploy.run()}>
        {plain ? words.app.variables.redeploy : words.app.deploy}
      </Button>
      <Dialog open={deploy.problem !== undefined} onClose={deploy.clear} title={words.problems.title}>
        <ProblemNote problem={deploy.problem} />
      </Dialog>
    </>
  );
}
