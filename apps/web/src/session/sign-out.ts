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

/** A session that ended elsewhere ends here too: to the sign-in page, and back here afterwards. */
export function leaveSignedOut(): void {
  if (leaving || publicPages.test(location.pathname)) return;
  leaving = true;
  location.assign(`/sign-in?return=${encodeURIComponent(location.pathname + location.search)}`);
}
