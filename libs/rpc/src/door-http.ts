import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { connectionHeaders, doorHeader } from '#src/internal-fetch.ts';
import { callerHeader } from '#src/peer.ts';

/** Also said when all went well; one for all, because a DOMException with its stack costs more than the rest. */
const over = new Error('the request is over');

/** A request at the door in web-standard terms; its signal is aborted when the asker goes away. */
export function toWebRequest(request: Http2ServerRequest, response: Http2ServerResponse): Request {
  const gone = new AbortController();
  response.stream.once('close', () => gone.abort(over));
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith(':') || name === callerHeader || name === doorHeader || value === undefined) continue;
    headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const url = `${request.scheme}://${request.authority}${request.url}`;
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD' && !request.stream.readableEnded;
  return new Request(url, {
    method: request.method,
    headers,
    signal: gone.signal,
    ...(hasBody ? { body: Readable.toWeb(request) as unknown as ReadableStream<Uint8Array>, duplex: 'half' } : {}),
  });
}

/** Sends a web-standard response, its body as it comes. Resolves when all of it is sent, or the asker has gone. */
export async function answerWith(answer: Response, response: Http2ServerResponse): Promise<void> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of answer.headers) if (!connectionHeaders.has(name)) headers[name] = value;
  const cookies = answer.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  response.writeHead(answer.status, headers);
  if (!answer.body) {
    response.end();
    return;
  }
  const body = Readable.fromWeb(answer.body as NodeReadableStream<Uint8Array>);
  await pipeline(body, response).catch(() => response.stream.destroy());
}
