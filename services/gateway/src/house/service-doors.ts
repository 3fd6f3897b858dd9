/**
 * Hands requests of the house's domain to the service that declared their prefix, as web-standard requests. Bodies go
 * both ways as streams; when the person goes away the request's signal is aborted, and with it what the service does.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Caller } from '@steading/kit';
import type { Doors, ServiceDefinition } from '@steading/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bodyOf, endsConnection, readAway } from '#src/house/unread-body.ts';

/** Which service a path is for: the longest declared prefix wins. */
export function createPrefixTable(catalogue: readonly ServiceDefinition[]): (path: string) => string | undefined {
  const prefixes = catalogue
    .flatMap((service) => (service.http ?? []).map((prefix) => ({ prefix, service: service.name })))
    .sort((one, other) => other.prefix.length - one.prefix.length);
  return (path) =>
    prefixes.find(({ prefix }) => path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`))
      ?.service;
}

export interface Passing {
  readonly doors: Doors;
  readonly service: string;
  readonly origin: string;
  readonly caller: Caller;
  readonly noteRevision: (revision: number) => void;
  /** Calls when whoever asks is nobody any more; gives the way to stop watching. */
  readonly onSignedOut: (call: () => void) => () => void;
}

export async function passToService(passing: Passing, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) gone.abort(new Error('the person went away'));
  });
  const answer = await passing.doors.http(
    passing.service,
    toWebRequest(request, passing.origin, gone.signal),
    passing.caller,
  );
  const revision = Number(answer.headers.get('steading-revision') ?? 0);
  if (revision > 0) passing.noteRevision(revision);
  // Only what stays open is cut off: the answer to signing out must still arrive.
  const stays = answer.headers.get('content-type')?.startsWith('text/event-stream');
  const stop = stays ? passing.onSignedOut(() => gone.abort(new Error('the session ended'))) : undefined;
  await sendAnswer(answer, reply, gone.signal).finally(() => stop?.());
  readAway(request.raw);
}

const notPassed = /^(:|connection$|keep-alive$|transfer-encoding$|upgrade$|expect$|te$|steading-|host$)/;

function toWebRequest(request: FastifyRequest, origin: string, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined && !notPassed.test(name))
      for (const one of Array.isArray(value) ? value : [value]) headers.append(name, one);
  const init: RequestInit & { duplex?: 'half' } = { method: request.method, headers, signal };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    init.body = Readable.toWeb(bodyOf(request.raw)) as ReadableStream<Uint8Array>;
    init.duplex = 'half';
  }
  return new Request(new URL(request.raw.url ?? '/', origin), init);
}

async function sendAnswer(answer: Response, reply: FastifyReply, signal: AbortSignal): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  for (const [name, value] of answer.headers)
    if (name !== 'set-cookie' && !notPassed.test(name)) raw.setHeader(name, value);
  const cookies = answer.headers.getSetCookie();
  if (cookies.length > 0) raw.setHeader('set-cookie', cookies);
  raw.statusCode = answer.status;
  if (endsConnection(reply.request.raw)) raw.setHeader('connection', 'close');
  if (!answer.body || reply.request.method === 'HEAD') {
    await answer.body?.cancel();
    raw.end();
    return;
  }
  raw.flushHeaders?.();
  const body = Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]);
  // The person going away is an ordinary end of a stream.
  await pipeline(body, raw, { signal }).catch(() => raw.destroy());
}
