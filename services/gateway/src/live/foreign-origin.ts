import type { IncomingMessage } from 'node:http';

/** Whether a page of another site opens the connection. Browsers say so in Origin; programs send none. */
export function isForeignOrigin(request: IncomingMessage, publicHost: string): boolean {
  const { origin, host } = request.headers;
  if (origin !== undefined) {
    const from = URL.canParse(origin) ? new URL(origin).host : undefined;
    return from !== host && from !== publicHost;
  }
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}
