import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { type Client, useClient, useQuery } from 'urql';
import { SessionDocument, SidebarDocument } from '#src/graph/documents-session.ts';
import { type Problem, problemOf } from '#src/graph/problem.ts';
import { rest } from '#src/graph/rest.ts';
import { DoorForm } from '#src/pages/session/door-form.tsx';
import { DoorFrame } from '#src/pages/session/door-frame.tsx';
import { EmailField, NameField, NewPasswordField } from '#src/pages/session/person-fields.tsx';
import { safeReturn, takeFragmentToken } from '#src/session/tokens.ts';
import { ProblemNote } from '#src/ui/problem-note.tsx';
import { Note } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

interface RegisterAnswer {
  /** What the invitation was to. */
  returnPath?: string;
}

interface InvitationAnswer {
  email?: string;
  toWhat?: string;
}

/** A new account: by invitation, or openly where the house allows it. */
export function RegisterPage() {
  const words = useWords();
  const client = useClient();
  const [token] = useState(takeFragmentToken);
  const { invitation, problem } = useInvitation(token);
  const [{ data }] = useQuery({ query: SessionDocument });
  const open = data?.houseInfo.registration === 'open';
  const register = async (text: (name: string) => string) => {
    const email = text('email');
    const { returnPath = '/' } = await rest<RegisterAnswer>('POST', '/auth/register', {
      ...(token && { invitation: token }),
      name: text('name'),
      ...(email && { email }),
      password: text('password'),
    });
    const to = safeReturn(returnPath);
    if (to !== '/') await joined(client);
    location.assign(to);
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

const joinWaitMs = 5_000;
const askAgainMs = 150;

/** Waits until the person is in a space: its service hears of the account a moment after it is made. */
async function joined(client: Client): Promise<void> {
  const deadline = performance.now() + joinWaitMs;
  while (performance.now() < deadline) {
    const { data } = await client.query(SidebarDocument, {}, { requestPolicy: 'network-only' }).toPromise();
    if (data && data.mySpaces.length > 0) return;
    await new Promise((done) => setTimeout(done, askAgainMs));
  }
}

function useInvitation(token: string): { invitation: InvitationAnswer | undefined; problem: Problem | undefined } {
  const [invitation, setInvitation] = useState<InvitationAnswer>();
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    if (!token) return;
    rest<InvitationAnswer>('POST', '/auth/invitation', { token }).then(setInvitation, (thrown: unknown) =>
      setProblem(problemOf(thrown)),
    );
  }, [token]);
  return { invitation, problem };
}
