import type { IncomingMessage } from 'node:http';

export interface RequestProblem {
  readonly status: number;
  readonly text: string;
}

const maxHeaders = 200;

/**
 * What the parser lets through and two servers could read in two ways: more than one Host, a length beside a transfer
 * coding, a transfer coding other than chunked, a target that names another host. Source: RFC 9112, sections 3.2 and 6.
 */
export function requestProblem(incoming: IncomingMessage): RequestProblem | undefined {
  const { rawHeaders, url = '' } = incoming;
  if (rawHeaders.length / 2 > maxHeaders) return { status: 431, text: 'Too many header lines.' };
  const seen = { host: 0, length: 0, coding: 0 };
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    if (name === 'host') seen.host++;
    if (name === 'content-length') seen.length++;
    if (name === 'transfer-encoding') {
      seen.coding++;
      if (rawHeaders[at + 1]!.trim().toLowerCase() !== 'chunked')
        return { status: 501, text: 'Only the chunked transfer coding is understood.' };
    }
  }
  if (seen.host > 1) return { status: 400, text: 'More than one Host.' };
  if (seen.length > 1 || seen.coding > 1 || (seen.length > 0 && seen.coding > 0))
    return { status: 400, text: 'The length of the body is ambiguous.' };
  const isWhole = url.startsWith('/') || (url === '*' && incoming.method === 'OPTIONS');
  if (!isWhole) return { status: 400, text: 'The target must be a path.' };
  if (incoming.method === 'TRACE' || incoming.method === 'CONNECT')
    return { status: 405, text: 'This method is not offered.' };
  return undefined;
}
