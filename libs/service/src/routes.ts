import { type Caller, isAppError, kitErrors, toPublicError } from '@steading/kit';
import type { HttpRoute } from '#src/service.ts';

export interface Router {
  handle(request: Request, caller: Caller): Promise<Response>;
}

interface Compiled {
  readonly route: HttpRoute;
  readonly segments: readonly string[];
}

/** Finds the route of a request, checks who may come in and how much they send, and turns errors into answers. */
export function createRouter(routes: readonly HttpRoute[]): Router {
  const compiled = routes.map((route) => ({ route, segments: route.path.split('/').slice(1) }));

  return {
    async handle(request, caller) {
      const url = new URL(request.url);
      try {
        const found = find(compiled, request.method, url.pathname);
        if ('signedIn' in found.route.access && caller.kind === 'anonymous') throw kitErrors('unauthenticated');
        checkLength(request, found.route.maxBytes ?? 65_536);
        const limited = limitBody(request, found.route.maxBytes ?? 65_536);
        return await found.route.handle({
          request: limited,
          url,
          params: found.params,
          caller,
          signal: request.signal,
        });
      } catch (error) {
        if (!isAppError(error)) throw error;
        const shown = toPublicError(error);
        return Response.json({ error: { ...shown, requestId: caller.requestId } }, { status: shown.status });
      }
    },
  };
}

function find(
  routes: readonly Compiled[],
  method: string,
  path: string,
): { route: HttpRoute; params: Record<string, string> } {
  const given = path.split('/').slice(1);
  let otherMethod = false;
  for (const { route, segments } of routes) {
    const params = match(segments, given);
    if (!params) continue;
    if (route.method === method) return { route, params };
    otherMethod = true;
  }
  if (otherMethod) throw kitErrors('method-not-allowed', { method });
  throw kitErrors('not-found', { kind: 'page' });
}

function match(segments: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    if (segment === '*') {
      params['*'] = given.slice(index).join('/');
      return params;
    }
    const value = given[index];
    if (value === undefined) return undefined;
    if (segment.startsWith(':')) {
      const decoded = decode(value);
      if (decoded === undefined || decoded === '') return undefined;
      params[segment.slice(1)] = decoded;
    } else if (segment !== value) return undefined;
  }
  return given.length === segments.length ? params : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function checkLength(request: Request, maxBytes: number): void {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

/** A body without a stated length is cut off when it passes the limit. */
function limitBody(request: Request, maxBytes: number): Request {
  if (!request.body || request.headers.has('content-length')) return request;
  let seen = 0;
  const counted = request.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        seen += chunk.byteLength;
        if (seen > maxBytes) controller.error(tooLarge(maxBytes));
        else controller.enqueue(chunk);
      },
    }),
  );
  const init: RequestInit & { duplex: 'half' } = {
    method: request.method,
    headers: request.headers,
    signal: request.signal,
    body: counted,
    duplex: 'half',
  };
  return new Request(request.url, init);
}

function tooLarge(maxBytes: number) {
  return kitErrors('too-large', { limit: `${Math.round(maxBytes / 1024)} KB` });
}
