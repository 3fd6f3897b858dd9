import { useState } from 'react';
import { useQuery } from 'urql';
import { SessionDocument } from '#src/graph/documents-session.ts';
import { rest } from '#src/graph/rest.ts';
import { DoorForm } from '#src/pages/session/door-form.tsx';
import { DoorFrame } from '#src/pages/session/door-frame.tsx';
import { EmailField, NameField, NewPasswordField } from '#src/pages/session/person-fields.tsx';
import { takeFragmentToken } from '#src/session/tokens.ts';
import { ButtonLink } from '#src/ui/button.tsx';
import { Note } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** The first operator, by the one-time link that the terminal printed. */
export function SetupPage() {
  const words = useWords();
  const [token] = useState(takeFragmentToken);
  const [{ data }] = useQuery({ query: SessionDocument });
  const setUp = async (text: (name: string) => string) => {
    await rest('POST', '/auth/setup', { token, name: text('name'), email: text('email'), password: text('password') });
    location.assign('/');
  };
  if (data && !data.houseInfo.needsSetup)
    return (
      <DoorFrame title={words.session.setup.title} text={words.session.setup.done}>
        <ButtonLink to="/sign-in" variant="primary">
          {words.session.signIn.title}
        </ButtonLink>
      </DoorFrame>
    );
  return (
    <DoorFrame title={words.session.setup.title} text={words.session.setup.text}>
      {token ? (
        <DoorForm submit={words.session.setup.submit} deed={setUp}>
          <NameField />
          <EmailField />
          <NewPasswordField />
        </DoorForm>
      ) : (
        <Note tone="amber">{words.session.setup.noToken}</Note>
      )}
    </DoorFrame>
  );
}
