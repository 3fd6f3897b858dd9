import { type GraphAnswer, toGraphError } from '@steading/graph';
import type { Caller, Log } from '@steading/kit';
import { GraphQLError } from 'graphql';

/** An answer as it leaves: catalogue errors only, each with the request's id, none with a stack or a cause. */
export function shown(answer: GraphAnswer, caller: Caller, log: Log): GraphAnswer {
  if (answer.errors.length === 0) return answer;
  const errors = answer.errors.map((error) => {
    const { message, extensions } = toGraphError(error, { caller }, log);
    return new GraphQLError(message, {
      path: error.path ?? null,
      extensions: { requestId: caller.requestId, ...extensions },
    });
  });
  return { ...answer, errors };
}

/** The JSON of an answer that may be seen. */
export function textOf({ data, errors }: GraphAnswer): string {
  const parts = [
    ...(data === undefined ? [] : [`"data":${data}`]),
    ...(errors.length > 0 ? [`"errors":${JSON.stringify(errors)}`] : []),
  ];
  return `{${parts.join(',')}}`;
}
