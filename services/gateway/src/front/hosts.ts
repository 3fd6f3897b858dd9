/** `Shop.Example.org:4600` as `shop.example.org`; undefined for what is no host. */
export function hostName(host: string | undefined): string | undefined {
  const found = host?.match(/^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]{0,252}))(?::\d{1,5})?$/i)?.[1];
  return found?.toLowerCase().replace(/\.$/, '');
}

/** Without a port. */
export function isOwnMachine(host: string): boolean {
  return /^(?:localhost|[^:]*\.localhost|127\.[0-9.]+|\[::1\])$/i.test(host);
}

/** The names under which the house itself is reached. */
export function houseHosts(publicUrl: string): ReadonlySet<string> {
  return new Set([new URL(publicUrl).hostname.toLowerCase(), 'localhost', '127.0.0.1', '[::1]']);
}
