import { useRouter } from '@tanstack/react-router';
import { useClient } from 'urql';
import { SessionDocument } from '#src/graph/documents-session.ts';
import { rest } from '#src/graph/rest.ts';
import { graphql } from '#src/graph/tada.ts';
import { useMutate } from '#src/graph/use-mutate.ts';
import { NewPasswordField } from '#src/pages/session/person-fields.tsx';
import { useSession } from '#src/session/session.tsx';
import { renewSession } from '#src/session/sign-out.ts';
import { CopyLine } from '#src/ui/copy.tsx';
import { DeedForm } from '#src/ui/deed-form.tsx';
import { TextField } from '#src/ui/field.tsx';
import { Panel, Section } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const ChangeNameDocument = graphql(`
  mutation ChangeName($name: String!) { changeName(name: $name) { id name } }
`);

/** Name and password. */
export function ProfilePage() {
  const words = useWords();
  const text = words.account.profile;
  const { viewer } = useSession();
  const mutate = useMutate();
  const client = useClient();
  const router = useRouter();
  const rename = async (field: (name: string) => string) => {
    await mutate(ChangeNameDocument, { name: field('name') });
    await client.query(SessionDocument, {}, { requestPolicy: 'network-only' }).toPromise();
    await router.invalidate();
  };
  const changePassword = async (field: (name: string) => string) => {
    const sent = { current: field('current'), next: field('password') };
    await renewSession(() => rest('POST', '/auth/password', sent));
    await client.query(SessionDocument, {}, { requestPolicy: 'network-only' }).toPromise();
    await router.invalidate();
  };
  return (
    <>
      <Section title={text.title}>
        <Panel className="max-w-xl">
          <DeedForm submit={words.actions.save} done={words.actions.saved} deed={rename}>
            <TextField
              label={text.name}
              name="name"
              defaultValue={viewer.person.name}
              required
              maxLength={80}
              autoComplete="name"
            />
            {viewer.person.email && <TextField label={text.email} defaultValue={viewer.person.email} readOnly />}
            <CopyLine label={text.id} value={viewer.person.id} />
          </DeedForm>
        </Panel>
      </Section>
      <Section title={text.password} note={text.passwordNote}>
        <Panel className="max-w-xl">
          <DeedForm submit={text.change} done={text.changed} clears deed={changePassword}>
            <TextField label={text.current} name="current" type="password" autoComplete="current-password" required />
            <NewPasswordField label={text.next} />
          </DeedForm>
        </Panel>
      </Section>
    </>
  );
}
