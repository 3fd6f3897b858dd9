import { type Caller, kitErrors } from '@steading/kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sessionCookieName } from '#src/caller/credentials.ts';
import type { Resolved } from '#src/caller/session-guard.ts';
import { fail } from '#src/errors.ts';
import { isCrossSite } from '#src/house/cross-site.ts';
import { type HouseAppOptions, pathOf } from '#src/house/house-app.ts';
import { isOddPath } from '#src/house/odd-path.ts';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
  }
}

const open = new Set(['/livez', '/readyz', '/metrics']);

/** Before any route: who asks, whether the request was meant, and how often they ask. */
export function addGuard(app: FastifyInstance, options: HouseAppOptions): void {
  const { guard } = options;
  app.decorateRequest('caller', null as unknown as Caller);
  const admit = (request: FastifyRequest, reply: FastifyReply, resolved: Resolved) => {
    request.caller = resolved.caller;
    if (resolved.staleCookie) takeCookieBack(reply, options.publicUrl);
    refuseCrossSite(request, options.publicUrl, resolved);
    countRequest(options, request, reply);
  };
  const look = (request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined => {
    const path = pathOf(request);
    if (open.has(path)) return undefined;
    if (isOddPath(path)) throw fail('gateway.no-page');
    checkLength(request, options.maxUploadBytes);
    const address = request.raw.socket.remoteAddress ?? '';
    const userAgent = request.headers['user-agent']?.slice(0, 400);
    const resolved = guard.resolve({
      requestId: request.id,
      address,
      ...(userAgent !== undefined && { userAgent }),
      cookie: request.headers.cookie,
      authorization: request.headers.authorization,
    });
    if (resolved instanceof Promise) return resolved.then((found) => admit(request, reply, found));
    admit(request, reply, resolved);
    return undefined;
  };
  // Who asks is known already in nearly every case: then nothing is waited for.
  app.addHook('onRequest', (request, reply, done) => {
    let waited: Promise<void> | undefined;
    try {
      waited = look(request, reply);
    } catch (error) {
      done(error as Error);
      return;
    }
    if (waited) waited.then(() => done(), done);
    else done();
  });
}

function checkLength(request: FastifyRequest, maxBytes: number): void {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes)
    throw kitErrors('too-large', { limit: `${Math.round(maxBytes / 1024 / 1024)} MB` });
}

function refuseCrossSite(request: FastifyRequest, publicUrl: string, { hasCookie, caller }: Resolved): void {
  const site = request.headers['sec-fetch-site'];
  const crossSite = isCrossSite({
    method: request.method,
    origin: request.headers.origin,
    fetchSite: typeof site === 'string' ? site : undefined,
    host: request.host,
    publicUrl,
    hasCookie,
    hasToken: caller.token !== undefined,
  });
  if (crossSite) throw fail('gateway.cross-site');
}

function countRequest(options: HouseAppOptions, request: FastifyRequest, reply: FastifyReply): void {
  const { method, caller, raw } = request;
  const address = raw.socket.remoteAddress ?? '';
  const taken = options.limits.take({ path: pathOf(request), method, address, caller });
  reply.header('ratelimit', `limit=${taken.limit}, remaining=${taken.remaining}, reset=${taken.resetSeconds}`);
  if (!taken.allowed) throw kitErrors('too-many-requests', { seconds: taken.resetSeconds });
}

/** A cookie that is no session is removed. */
function takeCookieBack(reply: FastifyReply, publicUrl: string): void {
  const name = sessionCookieName(publicUrl);
  const secure = name.startsWith('__Host-') ? '; Secure' : '';
  reply.header('set-cookie', `${name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax${secure}`);
}
