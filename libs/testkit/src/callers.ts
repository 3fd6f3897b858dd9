import { type Caller, newId, newRequestId } from '@steading/kit';

export interface CallerOptions {
  readonly userId?: string;
  readonly scopes?: readonly string[];
  readonly session?: string;
  readonly token?: string;
}

/** A signed-in person, as the gateway would make them. */
export function callerFor(options: CallerOptions = {}): Caller & { readonly userId: string } {
  const userId = options.userId ?? newId('usr');
  return {
    kind: 'user',
    principal: `user:${userId}`,
    requestId: newRequestId(),
    address: '127.0.0.1',
    userAgent: 'test',
    userId,
    ...(options.scopes && { scopes: options.scopes }),
    ...(options.session && { session: options.session }),
    ...(options.token && { token: options.token }),
  };
}
