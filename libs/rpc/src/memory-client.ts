import { create, type DescMethod, type DescService, type Message, type MessageInitShape } from '@bufbuild/protobuf';
import { type CallOptions, createContextValues, createHandlerContext, type HandlerContext } from '@connectrpc/connect';
import { bug, isAppError, kitErrors, type Log } from '@steading/kit';
import { callerKey, callerOfCall } from '#src/caller-context.ts';
import { copyMessage } from '#src/copy-message.ts';
import type { RpcImplementation } from '#src/rpc.ts';
import { toCallError } from '#src/rpc-errors.ts';

/**
 * Calls between services of one process: no serialising, no sockets. Both sides get their own copy of every message, so
 * neither can change what the other holds; deadlines, cancelling, the caller and errors behave as over the wire.
 */

type Method = (request: Message, context: HandlerContext) => unknown;
type Init = MessageInitShape<DescMethod['input']>;

/** One call: the context that the method sees, and the way by which its end reaches whoever waits. */
interface Run {
  readonly context: HandlerContext;
  readonly request: Message;
  /** Waits for a step of the method, no longer than the deadline and the caller do. */
  step<T>(work: T | Promise<T>): Promise<T>;
  failed(error: unknown): Error;
  end(): void;
}

export interface MemoryTarget {
  readonly service: string;
  readonly implementation: RpcImplementation;
  readonly log: Log;
}

export async function callUnary(
  target: MemoryTarget,
  method: DescMethod,
  init: Init,
  options?: CallOptions,
): Promise<Message> {
  const run = begin(target, method, init, { timeoutMs: 10_000, ...options });
  try {
    const answer = await run.step(methodOf(target, method)(run.request, run.context));
    return copyMessage(create(method.output, answer as Init));
  } catch (error) {
    throw run.failed(error);
  } finally {
    run.end();
  }
}

export async function* callStream(
  target: MemoryTarget,
  method: DescMethod,
  init: Init,
  options?: CallOptions,
): AsyncGenerator<Message> {
  const run = begin(target, method, init, options ?? {});
  let items: AsyncIterator<Init> | undefined;
  try {
    items = (methodOf(target, method)(run.request, run.context) as AsyncIterable<Init>)[Symbol.asyncIterator]();
    for (;;) {
      const next = await run.step(items.next());
      if (next.done) return;
      yield copyMessage(create(method.output, next.value));
    }
  } catch (error) {
    throw run.failed(error);
  } finally {
    run.end();
    // A generator that waits for something ends only when that comes, so nobody waits for it here.
    items?.return?.()?.catch(() => {});
  }
}

function methodOf(target: MemoryTarget, method: DescMethod): Method {
  const found = target.implementation.methods[method.localName];
  return (found as Method | undefined) ?? bug(`${target.service} has no ${method.parent.typeName}.${method.name}`);
}

function begin(target: MemoryTarget, method: DescMethod, init: Init, options: CallOptions): Run {
  const caller = callerOfCall(options);
  const timeoutMs = options.timeoutMs && options.timeoutMs > 0 ? options.timeoutMs : undefined;
  const context = createHandlerContext({
    service: method.parent as DescService,
    method,
    protocolName: 'memory',
    requestMethod: 'POST',
    url: `memory://${target.service}/${method.parent.typeName}/${method.name}`,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(options.signal ? { requestSignal: options.signal } : {}),
    contextValues: createContextValues().set(callerKey, caller),
  });
  const { signal } = context;
  const call = { service: target.service, timeoutMs };
  return {
    context,
    request: copyMessage(create(method.input, init)),
    step: (work) => orAborted(work, signal),
    failed(error) {
      if (signal.aborted && options.signal?.aborted) return kitErrors('cancelled', {}, error);
      if (signal.aborted && error === signal.reason) return toCallError(error, call);
      if (!isAppError(error)) target.log.error({ err: error, method: context.url, ...about(caller) }, 'an RPC failed');
      return toCallError(error, call);
    },
    end: () => context.abort(),
  };
}

function about(caller: { requestId: string; principal: string }) {
  return { requestId: caller.requestId, principal: caller.principal };
}

function orAborted<T>(work: T | Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', aborted));
  });
}
