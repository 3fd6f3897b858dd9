import { parseCookie } from 'cookie';

export interface Bearer {
  readonly text: string;
  readonly prefix: string;
  readonly secret: string;
}

export interface Credential {
  readonly bearer?: Bearer | 'malformed';
  /** The value of the session cookie. */
  readonly session?: string;
}

/** The names under which a browser may hold the session: behind TLS the stricter one. */
export const sessionCookies = ['__Host-steading_session', 'steading_session'] as const;

/** Tokens of services' own (`Bearer <hook token>`) are none of ours: those pass to the service as they are. */
const token = /^stg_([A-Za-z0-9]{4,32})_([A-Za-z0-9_-]{16,128})$/;

/** A bearer of ours wins over a cookie, so that a request with one never acts as the browser's person. */
export function readCredential(authorization: string | undefined, cookie: string | undefined): Credential {
  const sent = authorization?.match(/^Bearer +(\S+) *$/i)?.[1];
  if (sent?.startsWith('stg_')) {
    const [, prefix, secret] = sent.match(token) ?? [];
    return { bearer: prefix && secret ? { text: sent, prefix, secret } : 'malformed' };
  }
  if (!cookie || cookie.length > 16_384) return {};
  const cookies = parseCookie(cookie);
  const session = cookies[sessionCookies[0]] ?? cookies[sessionCookies[1]];
  return session && session.length <= 512 ? { session } : {};
}
