import { kitErrors, toPublicError } from '@steading/kit';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fail } from '#src/errors.ts';
import type { HouseAppOptions } from '#src/house/house-app.ts';
import { securityHeaders } from '#src/house/security-headers.ts';
import { endsConnection } from '#src/house/unread-body.ts';

/** The request id and the security headers on every answer, errors in one shape, and a line in the metrics. */
export function addAnswers(app: FastifyInstance, { log, metrics }: HouseAppOptions): void {
  // None of them waits for anything, so none is a promise.
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    reply.headers(securityHeaders({ secure: 'encrypted' in request.raw.socket, host: request.host ?? '' }));
    done();
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    if (endsConnection(request.raw)) reply.header('connection', 'close');
    done(null, payload);
  });
  app.addHook('onResponse', (request, reply, done) => {
    metrics.houseRequest(request.method, request.routeOptions.url ?? 'none', reply.raw.statusCode, reply.elapsedTime);
    done();
  });
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const known = fromFastify(error);
    const shown = toPublicError(known);
    if (shown.status >= 500) log.error({ err: known, requestId: request.id }, 'a request failed');
    if (shown.status === 429) reply.header('retry-after', String(known.details?.seconds ?? 1));
    return sendError(request, reply, shown);
  });
}

export function sendError(
  request: FastifyRequest,
  reply: FastifyReply,
  shown: { code: string; message: string; status: number; details?: unknown },
): FastifyReply {
  const { status, ...rest } = shown;
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ error: { ...rest, requestId: request.id } }));
}

/** What Fastify itself refuses, in the words of the house. */
function fromFastify(error: FastifyError & { details?: Record<string, unknown> }) {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return kitErrors('too-large', { limit: '256 KB' });
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return fail('gateway.not-json');
  if (error.code?.startsWith('FST_ERR_CTP')) return kitErrors('bad-input', { field: 'body', problem: error.message });
  return error as FastifyError & { details?: Record<string, unknown> };
}
