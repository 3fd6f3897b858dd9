import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { streamOf } from '#src/front/exchanges.ts';
import { hostName } from '#src/front/hosts.ts';

export interface RequestProblem {
  readonly status: number;
  readonly text: string;
}

const maxHeaders = 200;

/**
 * What the parser lets through and two servers could read in two ways: another version, more than one Host, a length
 * beside a transfer coding, a transfer coding other than chunked, a target that names another host. Source: RFC 9112,
 * sections 2.3, 3.2 and 6; for HTTP/2 RFC 9113, section 8.3.1.
 */
export function requestProblem(incoming: IncomingMessage): RequestProblem | undefined {
  const { rawHeaders, url = '', httpVersion } = incoming;
  if (!streamOf(incoming) && httpVersion !== '1.1' && httpVersion !== '1.0')
    return { status: 505, text: 'This version of HTTP is not spoken.' };
  if (rawHeaders.length / 2 > maxHeaders) return { status: 431, text: 'Too many header lines.' };
  const seen = { host: [] as string[], length: 0, coding: 0 };
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    if (name === 'host' || name === ':authority') seen.host.push(rawHeaders[at + 1]!);
    if (name === 'content-length') seen.length++;
    if (name === 'transfer-encoding') {
      seen.coding++;
      if (rawHeaders[at + 1]!.trim().toLowerCase() !== 'chunked')
        return { status: 501, text: 'Only the chunked transfer coding is understood.' };
    }
  }
  if (hasTwoHosts(incoming, seen.host)) return { status: 400, text: 'More than one Host.' };
  if (seen.length > 1 || seen.coding > 1 || (seen.length > 0 && seen.coding > 0))
    return { status: 400, text: 'The length of the body is ambiguous.' };
  if (seen.coding > 0 && httpVersion === '1.0') return { status: 400, text: 'HTTP/1.0 has no transfer codings.' };
  return targetProblem(incoming.method, url);
}

/** HTTP/2 has a place of its own for it and may repeat it, if it says the same. */
function hasTwoHosts(incoming: IncomingMessage, hosts: readonly string[]): boolean {
  if (!streamOf(incoming)) return hosts.length > 1;
  return hosts.some((host) => host.toLowerCase() !== hosts[0]!.toLowerCase());
}

function targetProblem(method: string | undefined, url: string): RequestProblem | undefined {
  const isWhole = url.startsWith('/') || (url === '*' && method === 'OPTIONS');
  if (!isWhole) return { status: 400, text: 'The target must be a path.' };
  if (!/^[\x21-\x7e]+$/.test(url)) return { status: 400, text: 'The target must be written in ASCII.' };
  if (method === 'TRACE' || method === 'CONNECT') return { status: 405, text: 'This method is not offered.' };
  return undefined;
}

/** An upgrade is a GET by HTTP/1.1 without a body: whatever follows it belongs to the new protocol. */
export function upgradeProblem(incoming: IncomingMessage): RequestProblem | undefined {
  const { headers, method, httpVersion } = incoming;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (method === 'GET' && httpVersion === '1.1' && !hasBody) return undefined;
  return { status: 400, text: 'A WebSocket is opened by a GET of HTTP/1.1 without a body.' };
}

/**
 * A TLS connection is for the name that it was opened for (RFC 9110, section 15.5.20): without this, somebody who was
 * let in by the certificate of one app would speak to another one, or to the house, under its name. A client that named
 * nobody (an address in the URL) may speak to the house only.
 */
export function isMisdirected(incoming: IncomingMessage, host: string, houseHosts: ReadonlySet<string>): boolean {
  const socket = incoming.socket as Partial<TLSSocket>;
  if (!socket.encrypted) return false;
  const asked = typeof socket.servername === 'string' ? hostName(socket.servername) : undefined;
  return asked === undefined ? !houseHosts.has(host) : asked !== host;
}
