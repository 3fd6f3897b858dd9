import { setTimeout as delay } from 'node:timers/promises';
import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as Idempotency } from '@bufbuild/protobuf/wkt';
import {
  type CallOptions,
  Code,
  ConnectError,
  createClient,
  type Interceptor,
  makeAnyClient,
  type Transport,
} from '@connectrpc/connect';
import { createConnectTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { Caller } from '@steading/kit';
import { callerKey, callerOfCall } from '#src/caller-context.ts';
import { toCallError } from '#src/rpc-errors.ts';

/** Carries the signed assertion of who asks. */
export const callerHeader = 'steading-caller';
/** Says which service of the process is asked: several offer the same contract. */
export const serviceHeader = 'steading-service';

/** Another process of the house: one HTTP/2 session that is opened when needed and kept. */
export interface Peer {
  readonly url: string;
  readonly session: Http2SessionManager;
  readonly transport: Transport;
}

const retryDelaysMs = [50, 200, 800];

export function createPeer(url: string, sign: (caller: Caller) => Promise<string>): Peer {
  const session = new Http2SessionManager(url, { pingIntervalMs: 20_000, pingTimeoutMs: 5_000 });
  const transport = createConnectTransport({
    baseUrl: url,
    httpVersion: '2',
    sessionManager: session,
    defaultTimeoutMs: 0,
    acceptCompression: [],
    readMaxBytes: 64 << 20,
    writeMaxBytes: 64 << 20,
    interceptors: [retrying, signing(sign)],
  });
  return { url, session, transport };
}

function signing(sign: (caller: Caller) => Promise<string>): Interceptor {
  return (next) => async (request) => {
    const caller = request.contextValues.get(callerKey);
    if (caller) request.header.set(callerHeader, await sign(caller));
    return next(request);
  };
}

/** Asks again only where that cannot do a thing twice: nothing was sent, or the method says that it may be repeated. */
const retrying: Interceptor = (next) => async (request) => {
  for (const waitMs of retryDelaysMs) {
    try {
      return await next(request);
    } catch (error) {
      if (request.stream || request.signal.aborted || !mayRetry(error, request.method)) throw error;
      await delay(waitMs / 2 + (Math.random() * waitMs) / 2, undefined, { signal: request.signal });
    }
  }
  return next(request);
};

function mayRetry(error: unknown, method: DescMethod): boolean {
  const wire = ConnectError.from(error);
  if (wire.code !== Code.Unavailable && !isRefused(error)) return false;
  if (wire.details.length > 0) return false;
  return isRefused(error) || method.idempotency !== Idempotency.IDEMPOTENCY_UNKNOWN;
}

function isRefused(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && (cause.code === 'ECONNREFUSED' || cause.code === 'ENOTFOUND')) return true;
  return false;
}

/** A client of a contract that another process offers; its failures are catalogue errors. */
export function createPeerClient(peer: Peer, contract: DescService, service: string) {
  const raw = createClient(contract, peer.transport) as Record<string, (...given: unknown[]) => unknown>;
  const withService = (options: CallOptions | undefined, timeoutMs: number | undefined): CallOptions => {
    callerOfCall(options);
    const headers = new Headers(options?.headers);
    headers.set(serviceHeader, service);
    return { ...options, headers, timeoutMs: options?.timeoutMs ?? timeoutMs ?? 0 };
  };
  return makeAnyClient(contract, (method) => {
    const call = raw[method.localName];
    if (!call) return null;
    if (method.methodKind === 'unary')
      return async (request: unknown, options?: CallOptions) => {
        const given = withService(options, 10_000);
        try {
          return await call(request, given);
        } catch (error) {
          throw toCallError(error, { service, timeoutMs: given.timeoutMs });
        }
      };
    return async function* (request: unknown, options?: CallOptions) {
      const given = withService(options, undefined);
      // A stream that its reader leaves must end on the other side too, which only a signal tells it.
      const left = new AbortController();
      const signal = given.signal ? AbortSignal.any([given.signal, left.signal]) : left.signal;
      try {
        yield* call(request, { ...given, signal }) as AsyncIterable<unknown>;
      } catch (error) {
        throw toCallError(error, { service, timeoutMs: given.timeoutMs });
      } finally {
        left.abort();
      }
    };
  });
}
