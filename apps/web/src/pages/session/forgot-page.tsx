import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useQuery } from 'urql';
import { SessionDocument } from '#src/graph/documents-session.ts';
import { rest } from '#src/graph/rest.ts';
import { DoorForm } from '#src/pages/session/door-form.tsx';
import { DoorFrame } from '#src/pages/session/door-frame.tsx';
import { EmailField } from '#src/pages/session/person-fields.tsx';
import { Note } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

/** Asks for a reset link. The answer never tells whether there is such an account. */
export function ForgotPage() {
  const words = useWords();
  const [sent, setSent] = useState(false);
  const [{ data }] = useQuery({ query: SessionDocument });
  const send = async (text: (name: string) => string) => {
    await rest('POST', '/auth/forgot', { email: text('email') });
    setSent(true);
  };
  return (
    <DoorFrame title={words.session.forgot.title} text={words.session.forgot.text}>
      {sent ? (
        <div role="status" className="flex flex-col gap-3">
          <Note tone="green">{words.session.forgot.sent}</Note>
          {data && !data.houseInfo.mailConfigured && <Note tone="amber">{words.session.forgot.noMail}</Note>}
        </div>
      ) : (
        <DoorForm submit={words.session.forgot.submit} deed={send}>
          <EmailField />
        </DoorForm>
      )}
      <Link to="/sign-in" className="w-fit text-[0.933rem] text-ink-soft underline underline-offset-3 hover:text-ink">
        {words.session.forgot.back}
      </Link>
    </DoorFrame>
  );
}
