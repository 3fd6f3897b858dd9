import type { ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { kitErrors } from '@steading/kit';
import { callerHeader, type Peer } from '#src/peer.ts';

/** Marks what is for the door's HTTP side: a path from outside can then never be taken for an RPC. */
export const doorHeader = 'steading-door';

/** Headers of HTTP/1 connections; HTTP/2 forbids them. */
export const connectionHeaders: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/**
 * `fetch` over the peer's HTTP/2 session: bodies stream both ways, the request's signal cancels, and the other side sees
 * the request's own URL. Rejects with `unavailable` when the peer cannot be reached, with `cancelled` on abort.
 */
export async function fetchFrom(peer: Peer, request: Request, assertion: string): Promise<Response> {
  const url = new URL(request.url);
  const headers = outgoingHeaders(request, url, assertion);
  const unavailable = (cause: unknown) => kitErrors('unavailable', { what: `The house at ${peer.url}` }, cause);
  if (request.signal.aborted) throw kitErrors('cancelled');
  const stream = await peer.session.request(request.method, url.pathname + url.search, headers, {}).catch((error) => {
    throw unavailable(error);
  });
  const abort = () => stream.destroy(kitErrors('cancelled'));
  request.signal.addEventListener('abort', abort, { once: true });
  stream.once('close', () => request.signal.removeEventListener('abort', abort));
  send(request, stream);
  return new Promise<Response>((resolve, reject) => {
    stream.once('error', (error) => reject(request.signal.aborted ? kitErrors('cancelled') : unavailable(error)));
    stream.once('close', () => reject(unavailable(new Error('the stream ended before its answer'))));
    stream.once('response', (got) => resolve(toResponse(got, stream, request.method, peer)));
  });
}

function outgoingHeaders(request: Request, url: URL, assertion: string): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ':authority': url.host, ':scheme': url.protocol.slice(0, -1) };
  for (const [name, value] of request.headers) if (!connectionHeaders.has(name)) headers[name] = value;
  headers[callerHeader] = assertion;
  headers[doorHeader] = 'http';
  return headers;
}

function send(request: Request, stream: ClientHttp2Stream): void {
  if (!request.body) {
    stream.end();
    return;
  }
  const body = Readable.fromWeb(request.body as NodeReadableStream<Uint8Array>);
  body.once('error', (error) => stream.destroy(error));
  stream.once('close', () => body.destroy());
  body.pipe(stream);
}

function toResponse(got: IncomingHttpHeaders, stream: ClientHttp2Stream, method: string, peer: Peer): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(got)) {
    if (name.startsWith(':') || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, one);
  }
  const status = Number(got[':status']);
  if (method === 'HEAD' || status === 204 || status === 304) {
    stream.resume();
    return new Response(null, { status, headers });
  }
  const body = Readable.toWeb(stream) as unknown as ReadableStream<Uint8Array>;
  stream.on('data', () => peer.session.notifyResponseByteRead(stream));
  return new Response(body, { status, headers });
}
