import type { IncomingMessage } from 'node:http';
import { isOwnFetch, isOwnOrigin } from '#src/caller/own-origin.ts';

/** Whether a page of another site opens the connection. Browsers say so in Origin; programs send none. */
export function isForeignOrigin(request: IncomingMessage, publicUrl: string): boolean {
  const { origin, host = '' } = request.headers;
  if (origin !== undefined) return !isOwnOrigin(origin, { host, publicUrl });
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && (typeof site !== 'string' || !isOwnFetch(site));
}
