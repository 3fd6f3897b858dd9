/**
 * Whether a path means another one to somebody who resolves it: dot segments (also encoded), backslashes, two slashes at
 * its start. Limits and routes are chosen by what is written, services see what it resolves to; so it must be the same.
 * Source: WHATWG URL, path state.
 */
export function isOddPath(path: string): boolean {
  return /\\|^\/\/|\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path);
}
