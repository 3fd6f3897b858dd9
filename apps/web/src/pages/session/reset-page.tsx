import { useState } from 'react';
import { rest } from '#src/graph/rest.ts';
import { DoorForm } from '#src/pages/session/door-form.tsx';
import { DoorFrame } from '#src/pages/session/door-frame.tsx';
import { NewPasswordField } from '#src/pages/session/person-fields.tsx';
import { takeFragmentToken } from '#src/session/tokens.ts';
import { ButtonLink } from '#src/ui/button.tsx';
import { Note } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** A new password by the link of the mail; ends every other session. */
export function ResetPage() {
  const words = useWords();
  const [token] = useState(takeFragmentToken);
  const reset = async (text: (name: string) => string) => {
    await rest('POST', '/auth/reset', { token, password: text('password') });
    location.assign('/');
  };
  return (
    <DoorFrame title={words.session.reset.title} text={words.session.reset.text}>
      {token ? (
        <DoorForm submit={words.session.reset.submit} deed={reset}>
          <NewPasswordField />
        </DoorForm>
      ) : (
        <>
          <Note tone="amber">{words.session.reset.noToken}</Note>
          <ButtonLink to="/forgot">{words.session.reset.again}</ButtonLink>
        </>
      )}
    </DoorFrame>
  );
}
