/**
 * One-time tokens arrive in the URL's fragment, which a browser never sends. They are taken out of the address bar at
 * once, so that neither the history nor a screenshot keeps them.
 */
export function takeFragmentToken(): string {
  const token = decodeURIComponent(location.hash.replace(/^#/, ''));
  if (token) history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: browsers drop some of them, and read another address
const misread = /[\u0000-\u001f\u007f\\]/;

/** Where to go after sign-in: a path of this house, never another site. What a browser reads as one becomes `/`. */
export function safeReturn(path: string | undefined): string {
  if (!path?.startsWith('/') || misread.test(path) || path.length > 2048) return '/';
  const here = 'https://house.invalid';
  const read = URL.parse(path, here);
  return read?.origin === here && !read.pathname.startsWith('//') ? path : '/';
}
