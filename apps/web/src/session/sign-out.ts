import { rest } from '#src/graph/rest.ts';

/** Ends this session and starts over with an empty page, so that nothing of the person stays in memory. */
export async function signOut(): Promise<void> {
  await rest('POST', '/auth/sign-out', {}).catch(() => {});
  location.assign('/sign-in');
}
