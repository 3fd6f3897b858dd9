/**
 * Where to go after signing in: a path of this house, never another host. What browsers read as another host
 * (`//host`, `/\host`, control characters that they drop) becomes `/`.
 */
export function safeReturnPath(given: string | null | undefined): string {
  if (!given || given.length > 1024 || !/^\/(?![/\\])[\x21-\x7e]*$/.test(given) || given.includes('\\')) return '/';
  const url = new URL(given, 'http://house.invalid');
  if (url.origin !== 'http://house.invalid' || url.pathname.startsWith('//')) return '/';
  return `${url.pathname}${url.search}${url.hash}`;
}
