import { useState } from 'react';
import { useAction } from '#src/graph/use-mutate.ts';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { TextField } from '#src/ui/field.tsx';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { useWords } from '#src/words/words.tsx';

interface ConfirmProps {
  /** What the button says, before and inside. */
  label: string;
  title: string;
  /** What will be gone, in a sentence. */
  text: string;
  /** When given, it must be typed first: for what cannot be undone. */
  name?: string;
  small?: boolean;
  deed(): Promise<unknown>;
}

/** A destructive deed behind a window that says what it does; the gravest want the name typed. */
export function ConfirmButton({ label, title, text, name, small, deed }: ConfirmProps) {
  const words = useWords();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const action = useAction(deed);
  const close = () => {
    setOpen(false);
    setTyped('');
    action.clear();
  };
  const confirm = async () => {
    if (await action.run()) close();
  };
  return (
    <>
      <Button variant="danger" {...(small && { small })} onClick={() => setOpen(true)}>
        {label}
      </Button>
      <Dialog open={open} onClose={close} title={title}>
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            void confirm();
          }}
        >
          <p className="text-ink-soft">{text}</p>
          {name && (
            <TextField
              label={words.confirm.type(name)}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              autoComplete="off"
              spellCheck={false}
              className="font-mono"
            />
          )}
          <ProblemNote problem={action.problem} />
          <div className="flex justify-end gap-2">
            <Button variant="quiet" onClick={close}>
              {words.actions.cancel}
            </Button>
            <Button
              type="submit"
              variant="danger"
              busy={action.busy}
              disabled={name !== undefined && typed.trim() !== name}
            >
              {label}
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
