import { type CallOptions, createContextKey, createContextValues, type HandlerContext } from '@connectrpc/connect';
import { bug, type Caller } from '@steading/kit';

/** Who asks, beside every call: in memory as it is, over the wire as a signed assertion. */
export const callerKey = createContextKey<Caller | undefined>(undefined, { description: 'the caller of an RPC' });

/**
 * Call options that say for whom a call is made: `forest.write(request, as(caller))`. A call without it is refused.
 * @param options.timeoutMs the call's deadline; default 10 000, and none for streams, which end by their signal.
 */
export function as(caller: Caller, options: { signal?: AbortSignal; timeoutMs?: number } = {}): CallOptions {
  return { ...options, contextValues: createContextValues().set(callerKey, caller) };
}

/** From which address a call came, where it came from another process. */
export const peerAddressKey = createContextKey<string | undefined>(undefined, {
  description: 'where a call came from',
});

/** The address of the machine that calls; `127.0.0.1` for a call of this process. */
export function peerAddressOf(context: HandlerContext): string {
  return context.values.get(peerAddressKey)?.replace(/^::ffff:/, '') ?? '127.0.0.1';
}

/** The caller of the method that runs. */
export function callerOf(context: HandlerContext): Caller {
  return context.values.get(callerKey) ?? bug('an RPC came through without its caller');
}

/** The caller that `as` put into call options. */
export function callerOfCall(options: CallOptions | undefined): Caller {
  return options?.contextValues?.get(callerKey) ?? bug('an RPC was called without as(caller)');
}
