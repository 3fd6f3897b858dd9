export interface ChangeRequest {
  readonly method: string;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** `localhost:4600`, as the request names the house. */
  readonly host: string;
  readonly publicHost: string;
  readonly hasCookie: boolean;
  readonly hasBearer: boolean;
}

const harmless = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request that changes something was sent by a page of another site. With a cookie the sender must prove
 * that it is the house's own page (Origin or Sec-Fetch-Site); without one only a proven stranger is refused, which
 * stops others from signing a person in as somebody else. A bearer is never sent by a browser on its own.
 */
export function isCrossSite(request: ChangeRequest): boolean {
  if (harmless.has(request.method) || request.hasBearer) return false;
  if (request.origin !== undefined) {
    const host = hostOf(request.origin);
    return host !== request.host && host !== request.publicHost;
  }
  if (request.fetchSite !== undefined) return request.fetchSite !== 'same-origin' && request.fetchSite !== 'none';
  return request.hasCookie;
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
