import { cookiesNamed } from '@steading/service';

export interface Bearer {
  readonly text: string;
  readonly prefix: string;
  readonly secret: string;
}

export interface Credential {
  readonly bearer?: Bearer | 'malformed';
  /** The value of the session cookie. */
  readonly session?: string;
  /** The cookie came more than once: whose either is, nobody can say. */
  readonly ambiguous?: true;
}

/**
 * The name under which a browser holds the session. Where people come over TLS only the stricter one counts: a sibling
 * subdomain, an app for example, can set a cookie of the plain name for the whole domain, and none with `__Host-`.
 */
export function sessionCookieName(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? '__Host-steading_session' : 'steading_session';
}

/** Tokens of services' own (`Bearer <hook token>`) are none of ours: those pass to the service as they are. */
const token = /^stg_([A-Za-z0-9]{4,32})_([A-Za-z0-9_-]{16,128})$/;

/**
 * A bearer of ours wins over a cookie, so that a request with one never acts as the browser's person. Without TLS a
 * sibling subdomain can set a second cookie of the name, which browsers may send first: two are as good as none.
 */
export function readCredential(
  authorization: string | undefined,
  cookie: string | undefined,
  cookieName: string,
): Credential {
  const sent = authorization?.match(/^Bearer +(\S+) *$/i)?.[1];
  if (sent?.startsWith('stg_')) {
    const [, prefix, secret] = sent.match(token) ?? [];
    return { bearer: prefix && secret ? { text: sent, prefix, secret } : 'malformed' };
  }
  const [session, another] = cookiesNamed(cookie, cookieName);
  if (another !== undefined) return { ambiguous: true };
  return session && session.length <= 512 ? { session } : {};
}
