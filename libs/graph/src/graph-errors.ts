import { isAppError, type Log, toPublicError } from '@steading/kit';
import { GraphQLError } from 'graphql';
import type { GraphContext } from '#src/subgraph.ts';

/**
 * What a resolver threw, as it leaves the subgraph: a catalogue error with its code, status, details and the request's
 * id; anything else is logged here and leaves as `internal`.
 */
export function toGraphError(error: unknown, context: Pick<GraphContext, 'caller'>, log: Log): GraphQLError {
  if (error instanceof GraphQLError && error.extensions.code !== undefined) return error;
  const raised = error instanceof GraphQLError && error.originalError ? error.originalError : error;
  const { requestId } = context.caller;
  if (!isAppError(raised)) log.error({ err: raised, requestId }, 'a resolver failed');
  const { message, ...extensions } = toPublicError(raised);
  return new GraphQLError(message, { extensions: { ...extensions, requestId } });
}
