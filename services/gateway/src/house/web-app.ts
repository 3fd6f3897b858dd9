import { toPublicError } from '@steading/kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fail } from '#src/errors.ts';
import { sendError } from '#src/house/answers.ts';
import { type HouseAppOptions, pathOf } from '#src/house/house-app.ts';
import { createStaticSite } from '#src/house/static-site.ts';

/** Paths under which only services answer: a wrong one is an error, not the web app's page. */
const notPages = /^\/(api|auth|hooks|graphql|realtime|livez|readyz|metrics)(\/|$)/;

/** The web app: its files, and its one page for every path that is no service's. */
export function addWebApp(app: FastifyInstance, { webRoot, clock }: HouseAppOptions): void {
  const site = createStaticSite(webRoot, () => clock.now());
  app.setNotFoundHandler(async (request: FastifyRequest, reply: FastifyReply) => {
    const path = pathOf(request);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || notPages.test(path)) return sendError(request, reply, toPublicError(fail('gateway.no-page')));
    const file = await site.find(path === '/' ? '/index.html' : path, {
      encoding: String(request.headers['accept-encoding'] ?? ''),
      etag: request.headers['if-none-match'],
    });
    if (!file) return sendError(request, reply, toPublicError(fail('gateway.no-page')));
    return reply.code(file.status).headers(file.headers).send(file.body);
  });
}
