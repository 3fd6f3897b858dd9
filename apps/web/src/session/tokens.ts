/**
 * One-time tokens arrive in the URL's fragment, which a browser never sends. They are taken out of the address bar at
 * once, so that neither the history nor a screenshot keeps them.
 */
export function takeFragmentToken(): string {
  const token = decodeURIComponent(location.hash.replace(/^#/, ''));
  if (token) history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}

/** Where to go after sign-in: a path of this house, never another site. */
export function safeReturn(path: string | undefined): string {
  if (!path?.startsWith('/') || path.startsWith('//') || path.includes('\\')) return '/';
  return path;
}
