import type { ReactNode } from 'react';
import { useAction } from '#src/graph/use-mutate.ts';
import { Button } from '#src/ui/button.tsx';
import { formText } from '#src/ui/field.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { useToast } from '#src/ui/toasts.tsx';

interface DeedFormProps {
  submit: string;
  children: ReactNode;
  /** Said when it worked. */
  done?: string;
  /** Empties the fields when it worked. */
  clears?: boolean;
  deed(text: (name: string) => string, form: HTMLFormElement): Promise<unknown>;
}

/** A form that does one thing: fields, what went wrong, a button, and a word when it is done. */
export function DeedForm({ submit, children, done, clears, deed }: DeedFormProps) {
  const toast = useToast();
  const action = useAction(deed);
  const run = async (form: HTMLFormElement) => {
    if (!(await action.run(formText(form), form))) return;
    if (done) toast({ text: done });
    if (clears) form.reset();
  };
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void run(event.currentTarget);
      }}
    >
      {children}
      <ProblemNote problem={action.problem} />
      <div>
        <Button type="submit" variant="primary" busy={action.busy}>
          {submit}
        </Button>
      </div>
    </form>
  );
}
