import { useState } from 'react';
import { useMutate } from '#src/graph/use-mutate.ts';
import { type AccessNode, GrantDocument } from '#src/pages/access/access-documents.ts';
import { PersonField, personIdOf } from '#src/pages/access/person-field.tsx';
import { Button } from '#src/ui/button.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { SelectField, TextField } from '#src/ui/field.tsx';
import { useWords } from '#src/words/words.tsx';

/** Gives a person a role at this node, for good or until a day. */
export function GrantButton({ node, onChanged }: { node: AccessNode; onChanged: () => void }) {
  const words = useWords();
  const text = words.access;
  const mutate = useMutate();
  const [open, setOpen] = useState(false);
  const give = async (field: (name: string) => string) => {
    const until = field('until');
    await mutate(GrantDocument, {
      nodeId: node.id,
      personId: personIdOf(field),
      role: field('role'),
      until: until ? new Date(until).toISOString() : null,
    });
    setOpen(false);
    onChanged();
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>{text.give}</Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={text.giveTitle}>
        <DeedForm submit={text.give} deed={give}>
          <PersonField node={node} />
          <SelectField label={text.role} name="role">
            {node.roles.map((role) => (
              <option key={role} value={role}>
                {words.roles[role] ?? role}
              </option>
            ))}
          </SelectField>
          <TextField label={text.untilLabel} name="until" type="datetime-local" />
        </DeedForm>
      </Dialog>
    </>
  );
}
