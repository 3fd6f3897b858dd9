import type { HouseSettings } from '@steading/service';
import { noSessionCookie, sessionCookie } from '#src/browser-sessions.ts';

/** JSON that no cache keeps. */
export function answer(body: unknown, cookies: readonly string[] = []): Response {
  const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store' });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(JSON.stringify(body), { headers });
}

/** The answer of every route that signs in: the token goes into the cookie and nowhere else. */
export function signedIn(
  house: HouseSettings,
  session: { token: string },
  body: Readonly<Record<string, unknown>>,
): Response {
  return answer(body, [sessionCookie(house.publicUrl, session.token)]);
}

export function signedOut(house: HouseSettings): Response {
  return answer({}, [noSessionCookie(house.publicUrl)]);
}

export function redirect(location: string, cookies: readonly string[]): Response {
  const headers = new Headers({ location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}
