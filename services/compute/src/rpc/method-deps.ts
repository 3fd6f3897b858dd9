import type { HandlerContext } from '@connectrpc/connect';
import { callerOf } from '@steading/rpc';
import { ZodError } from 'zod';
import type { DesiredState } from '#src/desired-state.ts';
import { fail } from '#src/errors.ts';
import type { Runtime } from '#src/runtime/runtime.ts';

export interface MethodDeps {
  /** The runtime, once the service has started. */
  runtime(): Runtime;
  readonly desiredState: DesiredState;
}

/** Apps are deploy's forest nodes: people come in there, and only services come in here. */
export function requireService(context: HandlerContext): void {
  if (callerOf(context).kind !== 'service') throw fail('compute.services-only');
}

/** Turns the first complaint of a schema into a sentence. */
export function checked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    const issue = error.issues[0]!;
    throw fail('compute.bad-request', { problem: `${issue.path.join('.')} ${issue.message}` });
  }
}
