import { rest } from '#src/graph/rest.ts';

/** Pages that nobody needs to be signed in for. */
const publicPages = /^\/(sign-in|register|setup|forgot|reset)$/;

/** The page is on its way out: who signed out here is not also led back here. */
let leaving = false;

/** Ends this session and starts over with an empty page, so that nothing of the person stays in memory. */
export async function signOut(): Promise<void> {
  leaving = true;
  await rest('POST', '/auth/sign-out', {}).catch(() => {});
  location.assign('/sign-in');
}

let renewing: Promise<unknown> = Promise.resolve();

/** While this goes on, the house puts another session in the place of ours: that the old one ends means nothing. */
export async function renewSession(deed: () => Promise<unknown>): Promise<void> {
  const under = deed();
  renewing = under.catch(() => {});
  await under;
}

/** A session that ended elsewhere ends here too: to the sign-in page, and back here afterwards. */
export async function leaveSignedOut(): Promise<void> {
  if (leaving || publicPages.test(location.pathname)) return;
  await renewing;
  if ((await isSignedIn()) || leaving) return;
  leaving = true;
  location.assign(`/sign-in?return=${encodeURIComponent(location.pathname + location.search)}`);
}

async function isSignedIn(): Promise<boolean> {
  const query = '{ viewer { sessionId } }';
  const asked = rest<{ data?: { viewer: object | null } }>('POST', '/graphql', { query });
  const answer = await asked.catch(() => undefined);
  return Boolean(answer?.data?.viewer);
}
