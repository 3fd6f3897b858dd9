import { createServer, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createContextValues } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { type Caller, isAppError, kitErrors, type Log, toPublicError } from '@steading/kit';
import { callerKey, peerAddressKey } from '#src/caller-context.ts';
import type { Rpc } from '#src/create-rpc.ts';
import { answerWith, toWebRequest } from '#src/door-http.ts';
import { doorHeader } from '#src/internal-fetch.ts';
import { callerHeader, serviceHeader } from '#src/peer.ts';
import type { RpcImplementation } from '#src/rpc.ts';
import { toWireError } from '#src/rpc-errors.ts';

export interface InternalDoorOptions {
  readonly rpc: Pick<Rpc, 'registered'>;
  /** 0: any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly log: Log;
  /** The caller that an assertion names; throws for a bad one. */
  verify(assertion: string): Promise<Caller>;
  /** Answers what is no RPC. */
  http(request: Request, caller: Caller): Promise<Response>;
}

export interface InternalDoor {
  readonly name: string;
  /** `http://127.0.0.1:4610`. */
  readonly url: string;
  /** Takes no new calls, lets the open ones finish, and cuts them when `signal` is aborted. */
  stop(signal?: AbortSignal): Promise<void>;
}

type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/**
 * The one port by which processes of the house reach each other, and foreign gRPC clients reach its contracts: HTTP/2
 * without TLS, for a private network. Connect and gRPC for everything registered; any other path is web-standard HTTP.
 * Every request needs the assertion of its caller.
 */
export async function createInternalDoor(options: InternalDoorOptions): Promise<InternalDoor> {
  const { log, host = '127.0.0.1' } = options;
  const sessions = new Set<ServerHttp2Session>();
  const callers = new WeakMap<object, Caller>();
  const handlers = new Map<readonly RpcImplementation[], Handler>();

  function handlerOf(implementations: readonly RpcImplementation[]): Handler {
    const known = handlers.get(implementations) ?? rpcHandler(implementations, callers, log);
    handlers.set(implementations, known);
    return known;
  }

  async function answer(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const caller = await options.verify(String(request.headers[callerHeader] ?? ''));
    callers.set(request, caller);
    const implementations = rpcFor(options.rpc.registered, request);
    if (implementations) handlerOf(implementations)(request, response);
    else await answerWith(await options.http(toWebRequest(request, response), caller), response);
  }

  const server = createServer({ settings: { maxConcurrentStreams: 1000 } }, (request, response) => {
    answer(request, response).catch((error: unknown) => refuse(error, response, log));
  });
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', (error) => log.debug({ err: error }, 'a session of the internal door failed'));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    name: 'internal door',
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async stop(signal) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.close();
      const cut = () => {
        for (const session of sessions) session.destroy();
      };
      if (signal?.aborted) cut();
      signal?.addEventListener('abort', cut, { once: true });
      await closed;
      signal?.removeEventListener('abort', cut);
    },
  };
}

/** Whose methods the request is for; undefined: it is not an RPC of this process. */
function rpcFor(registered: Rpc['registered'], request: Http2ServerRequest): readonly RpcImplementation[] | undefined {
  if (request.headers[doorHeader] !== undefined) return undefined;
  const typeName = request.url.split('/')[1] ?? '';
  const offers = (implementations: readonly RpcImplementation[] | undefined) =>
    implementations?.some(({ contract }) => contract.typeName === typeName);
  const asked = request.headers[serviceHeader];
  if (typeof asked === 'string') return offers(registered.get(asked)) ? registered.get(asked) : undefined;
  return [...registered.values()].find(offers);
}

function rpcHandler(
  implementations: readonly RpcImplementation[],
  callers: WeakMap<object, Caller>,
  log: Log,
): Handler {
  return connectNodeAdapter({
    grpc: true,
    grpcWeb: false,
    connect: true,
    acceptCompression: [],
    readMaxBytes: 64 << 20,
    writeMaxBytes: 64 << 20,
    maxTimeoutMs: 3_600_000,
    contextValues: (request) =>
      createContextValues()
        .set(callerKey, callers.get(request))
        .set(peerAddressKey, (request as Http2ServerRequest).socket.remoteAddress),
    interceptors: [
      (next) => async (request) => {
        try {
          const answer = await next(request);
          return answer.stream ? { ...answer, message: wireErrors(answer.message, log) } : answer;
        } catch (error) {
          throw told(error, log);
        }
      },
    ],
    routes(router) {
      for (const { contract, methods } of implementations) router.service(contract, methods);
    },
  }) as Handler;
}

/** What is thrown while an item is on its way is that the asker has gone: nothing here failed. */
async function* wireErrors<T>(items: AsyncIterable<T>, log: Log): AsyncIterable<T> {
  let isOnItsWay = false;
  try {
    for await (const item of items) {
      isOnItsWay = true;
      yield item;
      isOnItsWay = false;
    }
  } catch (error) {
    throw isOnItsWay ? toWireError(error) : told(error, log);
  }
}

function told(error: unknown, log: Log) {
  const wire = toWireError(error);
  if (!isAppError(error) && !isAppError(wire.cause) && wire.details.length > 0)
    log.error({ err: error }, 'an RPC failed');
  return wire;
}

function refuse(error: unknown, response: Http2ServerResponse, log: Log): void {
  if (!isAppError(error)) log.error({ err: error }, 'the internal door failed');
  if (response.stream.destroyed || response.headersSent) {
    response.stream.destroy();
    return;
  }
  const shown = toPublicError(isAppError(error) ? error : kitErrors('internal'));
  response.writeHead(shown.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: shown }));
}
