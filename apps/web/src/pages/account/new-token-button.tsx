import { useState } from 'react';
import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { ScopeFields } from '#src/pages/account/scope-fields.tsx';
import { scopesOf } from '#src/pages/account/scopes.ts';
import { Button } from '#src/ui/button.tsx';
import { CopyLine } from '#src/ui/copy.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { SelectField, TextField } from '#src/ui/field.tsx';
import { Note } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const CreateDocument = graphql(`
  mutation CreateToken($name: String!, $scopes: [String!]!, $days: Int) {
    createToken(name: $name, scopes: $scopes, days: $days) { value token { id name } }
  }
`);

/** Makes a token and shows it, once. */
export function NewTokenButton() {
  const words = useWords();
  const text = words.account.tokens;
  const mutate = useMutate();
  const [open, setOpen] = useState(false);
  const [value, setValue] = useState<string>();
  const close = () => {
    setOpen(false);
    setValue(undefined);
  };
  const create = async (field: (name: string) => string) => {
    const days = field('days');
    const scopes = scopesOf(field('kind'), field('place'));
    const { createToken } = await mutate(CreateDocument, {
      name: field('name'),
      scopes,
      days: days ? Number(days) : null,
    });
    setValue(createToken.value);
  };
  return (
    <>
      <Button variant="primary" onClick={() => setOpen(true)}>
        {text.create}
      </Button>
      <Dialog open={open} onClose={close} title={text.create}>
        {value ? (
          <div role="status" className="flex flex-col gap-3">
            <Note tone="green">{text.once}</Note>
            <CopyLine label={text.title} value={value} />
          </div>
        ) : (
          <DeedForm submit={text.submit} deed={create}>
            <TextField label={text.name} name="name" required maxLength={64} autoComplete="off" />
            <ScopeFields />
            <SelectField label={text.days} name="days" defaultValue="90">
              {['30', '90', '365', ''].map((days) => (
                <option key={days} value={days}>
                  {text.dayChoices[days]}
                </option>
              ))}
            </SelectField>
          </DeedForm>
        )}
      </Dialog>
    </>
  );
}
