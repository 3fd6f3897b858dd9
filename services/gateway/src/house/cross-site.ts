import { isOwnFetch, isOwnOrigin } from '#src/caller/own-origin.ts';

export interface ChangeRequest {
  readonly method: string;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** `localhost:4600`, as the request names the house. */
  readonly host: string;
  readonly publicUrl: string;
  readonly hasCookie: boolean;
  /** It acts by a token of ours, whatever else it carries. */
  readonly hasToken: boolean;
}

const harmless = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request that changes something was sent by a page of another site. With a cookie the sender must prove
 * that it is the house's own page (Origin or Sec-Fetch-Site); without one only a proven stranger is refused, which
 * stops others from signing a person in as somebody else. A token is never sent by a browser on its own; other words in
 * `Authorization` (Basic, a hook's) decide nothing, for beside them the cookie acts.
 */
export function isCrossSite(request: ChangeRequest): boolean {
  if (harmless.has(request.method) || request.hasToken) return false;
  if (request.origin !== undefined) return !isOwnOrigin(request.origin, request);
  if (request.fetchSite !== undefined) return !isOwnFetch(request.fetchSite);
  return request.hasCookie;
}
