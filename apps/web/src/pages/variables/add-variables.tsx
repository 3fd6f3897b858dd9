import { useState } from 'react';
import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { parseEnv } from '#src/pages/variables/parse-env.ts';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { CheckField, TextArea, TextField } from '#src/ui/field.tsx';
import { useToast } from '#src/ui/toasts.tsx';
import { useWords } from '#src/words/words.tsx';

const SetDocument = graphql(`
  mutation SetVariables($ownerId: ID!, $variables: [VariableInput!]!) {
    setVariables(ownerId: $ownerId, variables: $variables) { name value secret level updatedAt }
  }
`);

interface AddVariablesProps {
  ownerId: string;
  /** The variable whose value is replaced. */
  known?: { name: string; secret: boolean };
  onClose(): void;
}

/** One variable, or many pasted at once. */
export function AddVariables({ ownerId, known, onClose }: AddVariablesProps) {
  const words = useWords();
  const text = words.app.variables;
  const mutate = useMutate();
  const toast = useToast();
  const [several, setSeveral] = useState(false);
  const [pasted, setPasted] = useState('');
  const parsed = parseEnv(pasted);
  const mistake = parsed.badLines.length > 0 ? text.badLines(parsed.badLines.join(', ')) : undefined;
  const save = async (field: (name: string) => string, form: HTMLFormElement) => {
    if (several && mistake) throw new Error(mistake);
    const secret = new FormData(form).has('secret');
    const raw = new FormData(form).get('value');
    const one = { name: known?.name ?? field('name'), value: typeof raw === 'string' ? raw : '' };
    const variables = (several ? parsed.variables : [one]).map((variable) => ({ ...variable, secret }));
    await mutate(SetDocument, { ownerId, variables });
    toast({ text: text.saved(variables.length) });
    onClose();
  };
  return (
    <Dialog open onClose={onClose} title={known ? text.edit(known.name) : text.add} wide={several}>
      <DeedForm submit={words.actions.save} deed={save}>
        {!known && (
          <CheckField label={text.paste} checked={several} onChange={(event) => setSeveral(event.target.checked)} />
        )}
        {several ? (
          <TextArea
            label={text.title}
            hint={parsed.variables.length > 0 ? text.found(parsed.variables.length) : text.pasteHint}
            error={mistake}
            value={pasted}
            onChange={(event) => setPasted(event.target.value)}
            rows={10}
            spellCheck={false}
            required
            className="font-mono text-[0.867rem]"
            placeholder={'DATABASE_URL=postgres://…\nGREETING="Hello"'}
          />
        ) : (
          <>
            {!known && (
              <TextField
                label={text.name}
                name="name"
                required
                pattern="[A-Za-z_][A-Za-z0-9_]*"
                maxLength={120}
                autoComplete="off"
                spellCheck={false}
                className="font-mono"
              />
            )}
            <TextArea
              label={text.value}
              name="value"
              rows={2}
              spellCheck={false}
              className="font-mono text-[0.867rem]"
            />
          </>
        )}
        <CheckField label={text.secret} hint={text.secretHint} name="secret" defaultChecked={known?.secret ?? false} />
      </DeedForm>
    </Dialog>
  );
}
