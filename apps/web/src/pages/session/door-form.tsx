import type { ReactNode } from 'react';
import { useAction } from '#src/graph/use-mutate.ts';
import { Button } from '#src/ui/button.tsx';
import { formText } from '#src/ui/field.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';

interface DoorFormProps {
  submit: string;
  children: ReactNode;
  deed(text: (name: string) => string): Promise<unknown>;
}

/** A form of one deed: fields, what went wrong, one button. */
export function DoorForm({ submit, children, deed }: DoorFormProps) {
  const action = useAction(deed);
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void action.run(formText(event.currentTarget));
      }}
    >
      {children}
      <ProblemNote problem={action.problem} />
      <Button type="submit" variant="primary" busy={action.busy}>
        {submit}
      </Button>
    </form>
  );
}
