import { graphql } from '#src/graph/tada.ts';
import { useAction, useMutate } from '#src/graph/use-mutate.ts';
import { Button } from '#src/ui/button.tsx';
import { useToast } from '#src/ui/toasts.tsx';
import { useWords } from '#src/words/words.tsx';

const JoinDocument = graphql(`
  mutation JoinSpace($id: ID!) { joinSpace(id: $id) { id name myRole } }
`);

/** Into an open space, without asking anybody. */
export function JoinButton({ id, label, small }: { id: string; label: string; small?: boolean }) {
  const words = useWords();
  const mutate = useMutate();
  const toast = useToast();
  const join = useAction(async () => {
    const { joinSpace } = await mutate(JoinDocument, { id });
    toast({ text: words.space.home.joined(joinSpace.name) });
  });
  const run = async () => {
    await join.run();
  };
  return (
    <>
      <Button variant="primary" {...(small && { small })} busy={join.busy} onClick={() => void run()}>
        {label}
      </Button>
      {join.problem && (
        <span role="alert" className="text-[0.867rem] text-red">
          {join.problem.message}
        </span>
      )}
    </>
  );
}
