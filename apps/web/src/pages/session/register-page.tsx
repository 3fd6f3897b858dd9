import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useQuery } from 'urql';
import { SessionDocument } from '#src/graph/documents-session.ts';
import { type Problem, problemOf } from '#src/graph/problem.ts';
import { rest } from '#src/graph/rest.ts';
import { DoorForm } from '#src/pages/session/door-form.tsx';
import { DoorFrame } from '#src/pages/session/door-frame.tsx';
import { EmailField, NameField, NewPasswordField } from '#src/pages/session/person-fields.tsx';
import { takeFragmentToken } from '#src/session/tokens.ts';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { Note } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

interface InvitationAnswer {
  email?: string;
  toWhat?: string;
}

/** A new account: by invitation, or openly where the house allows it. */
export function RegisterPage() {
  const words = useWords();
  const [token] = useState(takeFragmentToken);
  const { invitation, problem } = useInvitation(token);
  const [{ data }] = useQuery({ query: SessionDocument });
  const open = data?.houseInfo.registration === 'open';
  const register = async (text: (name: string) => string) => {
    const email = text('email');
    await rest('POST', '/auth/register', {
      ...(token && { invitation: token }),
      name: text('name'),
      ...(email && { email }),
      password: text('password'),
    });
    location.assign('/');
  };
  const ready = token ? invitation !== undefined : open;
  return (
    <DoorFrame
      title={words.session.register.title}
      {...(invitation?.toWhat && { text: words.session.register.invitedTo(invitation.toWhat) })}
    >
      <ProblemNote problem={problem} />
      {!token && data && !open && <Note tone="amber">{words.session.register.noToken}</Note>}
      {ready && (
        <DoorForm submit={words.session.register.submit} deed={register}>
          <NameField />
          <EmailField {...(invitation?.email && { known: invitation.email })} />
          <NewPasswordField />
        </DoorForm>
      )}
      <p className="text-[0.933rem] text-ink-soft">
        {words.session.register.have}{' '}
        <Link to="/sign-in" className="underline underline-offset-3 hover:text-ink">
          {words.session.signIn.title}
        </Link>
      </p>
    </DoorFrame>
  );
}

function useInvitation(token: string): { invitation: InvitationAnswer | undefined; problem: Problem | undefined } {
  const [invitation, setInvitation] = useState<InvitationAnswer>();
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    if (!token) return;
    rest<InvitationAnswer>('GET', `/auth/invitation/${encodeURIComponent(token)}`).then(
      setInvitation,
      (thrown: unknown) => setProblem(problemOf(thrown)),
    );
  }, [token]);
  return { invitation, problem };
}
