import { useState } from 'react';
import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { grantableRoles } from '#src/pages/space/roles.ts';
import { useSpace } from '#src/pages/space/use-space.ts';
import { Button } from '#src/ui/button.tsx';
import { CopyLine } from '#src/ui/copy.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { SelectField, TextField } from '#src/ui/field.tsx';
import { Note } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const InviteDocument = graphql(`
  mutation InviteToSpace($spaceId: ID!, $email: String!, $role: String!) {
    inviteToSpace(spaceId: $spaceId, email: $email, role: $role) { id email role link }
  }
`);

/** Invites by e-mail, also people without an account; shows the link where there is one. */
export function InviteButton() {
  const words = useWords();
  const text = words.space.members;
  const space = useSpace();
  const mutate = useMutate();
  const [open, setOpen] = useState(false);
  const [role, setRole] = useState('member');
  const [sent, setSent] = useState<{ email: string; link: string | null }>();
  const close = () => {
    setOpen(false);
    setSent(undefined);
  };
  const invite = async (field: (name: string) => string) => {
    const email = field('email');
    const { inviteToSpace } = await mutate(InviteDocument, { spaceId: space.id, email, role });
    setSent({ email, link: inviteToSpace.link });
  };
  return (
    <>
      <Button variant="primary" onClick={() => setOpen(true)}>
        {text.invite}
      </Button>
      <Dialog open={open} onClose={close} title={text.inviteTitle}>
        {sent ? (
          <div role="status" className="flex flex-col gap-3">
            <Note tone="green">{text.sent(sent.email)}</Note>
            {sent.link && <CopyLine label={text.linkText} value={sent.link} />}
          </div>
        ) : (
          <DeedForm submit={text.send} deed={invite}>
            <p className="text-ink-soft">{text.inviteText}</p>
            <TextField label={text.email} name="email" type="email" required maxLength={254} autoComplete="off" />
            <SelectField
              label={text.role}
              value={role}
              onChange={(event) => setRole(event.target.value)}
              hint={words.roleMeaning[role]}
            >
              {grantableRoles(space.myRole).map((one) => (
                <option key={one} value={one}>
                  {words.roles[one]}
                </option>
              ))}
            </SelectField>
          </DeedForm>
        )}
      </Dialog>
    </>
  );
}
