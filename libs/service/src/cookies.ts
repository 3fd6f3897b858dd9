import { parseCookie } from 'cookie';

/** A `Cookie` header beyond this is read as none: no browser of an ordinary person sends it. */
const mostCharacters = 16_384;

/**
 * Every value that a `Cookie` header has for a name, in its order. More than one means that some other site under the
 * same domain, or for a longer path, has set one too: which is the house's own, nobody can say.
 */
export function cookiesNamed(header: string | null | undefined, name: string): readonly string[] {
  if (!header || header.length > mostCharacters) return [];
  return header.split(';').flatMap((pair) => parseCookie(pair)[name] ?? []);
}
