const ownMachine = /^(?:localhost|127\.[0-9.]+|\[::1\])(?::\d+)?$/i;

/**
 * Whether an `Origin` header names a page of this house: of its public address, or of the host that was asked. Where
 * people come over TLS a page of the same name without it is none, for whoever sits on the line can write one; on this
 * machine itself there is no line.
 */
export function isOwnOrigin(origin: string, asked: { readonly host: string; readonly publicUrl: string }): boolean {
  if (origin === asked.publicUrl) return true;
  // Browsers send a bare origin, and nothing else is one; URL would also read credentials and paths.
  if (!/^https?:\/\/[^/@?#\\]+$/i.test(origin) || !URL.canParse(origin)) return false;
  const from = new URL(origin);
  const house = new URL(asked.publicUrl);
  if (from.origin === house.origin) return true;
  if (from.host !== asked.host.toLowerCase()) return false;
  return house.protocol === 'http:' || from.protocol === 'https:' || ownMachine.test(from.host);
}

/** Whether `Sec-Fetch-Site` says that the request comes from this very origin, or from the person's own hand. */
export function isOwnFetch(site: string): boolean {
  return site === 'same-origin' || site === 'none';
}
