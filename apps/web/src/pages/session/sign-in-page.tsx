import { getRouteApi, Link } from '@tanstack/react-router';
import { useQuery } from 'urql';
import { SessionDocument } from '#src/graph/documents-session.ts';
import { rest } from '#src/graph/rest.ts';
import { DoorForm } from '#src/pages/session/door-form.tsx';
import { DoorFrame } from '#src/pages/session/door-frame.tsx';
import { EmailField } from '#src/pages/session/person-fields.tsx';
import type { House } from '#src/session/session.tsx';
import { safeReturn } from '#src/session/tokens.ts';
import { TextField } from '#src/ui/field.tsx';
import { Note } from '#src/ui/surface.tsx';
import { useWords } from '#src/words/words.tsx';

const route = getRouteApi('/sign-in');

/**
 * In by password, or by a provider that the house trusts. A refusal comes by its code: whatever else stands in the
 * address, somebody else may have written.
 */
export function SignInPage() {
  const words = useWords();
  const search = route.useSearch();
  const [{ data }] = useQuery({ query: SessionDocument });
  const to = safeReturn(search.return);
  const signIn = async (text: (name: string) => string) => {
    await rest('POST', '/auth/sign-in', { email: text('email'), password: text('password') });
    location.assign(to);
  };
  return (
    <DoorFrame title={words.session.signIn.title}>
      {data?.houseInfo.needsSetup && <Note tone="amber">{words.session.signIn.needsSetup}</Note>}
      {search.error && (
        <Note tone="amber">{words.session.signIn.refused[search.error] ?? words.session.signIn.refusedOtherwise}</Note>
      )}
      <DoorForm submit={words.session.signIn.submit} deed={signIn}>
        <EmailField />
        <TextField
          label={words.session.password}
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
      </DoorForm>
      <Providers house={data?.houseInfo} to={to} />
      <div className="flex flex-col gap-2 text-[0.933rem] text-ink-soft">
        <Link to="/forgot" className="w-fit underline underline-offset-3 hover:text-ink">
          {words.session.signIn.forgot}
        </Link>
        {data?.houseInfo.registration === 'open' ? (
          <p>
            {words.session.signIn.open}{' '}
            <Link to="/register" className="underline underline-offset-3 hover:text-ink">
              {words.session.signIn.register}
            </Link>
          </p>
        ) : (
          !data?.houseInfo.needsSetup && <p>{words.session.signIn.invitationOnly}</p>
        )}
      </div>
    </DoorFrame>
  );
}

function Providers({ house, to }: { house: House | undefined; to: string }) {
  const words = useWords();
  if (!house || house.providers.length === 0) return null;
  return (
    <div className="flex flex-col gap-2.5">
      <p className="flex items-center gap-3 text-[0.867rem] text-ink-soft before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        {words.session.signIn.or}
      </p>
      {house.providers.map((provider) => (
        <a
          key={provider.id}
          href={`/auth/oidc/${encodeURIComponent(provider.id)}/start?return=${encodeURIComponent(to)}`}
          className="rounded-lg border border-line-strong/60 bg-raised px-4 py-2 text-center font-medium hover:border-line-strong"
        >
          {words.session.signIn.with(provider.name)}
        </a>
      ))}
    </div>
  );
}
