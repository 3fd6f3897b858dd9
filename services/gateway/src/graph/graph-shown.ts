import { type GraphAnswer, toGraphError } from '@steading/graph';
import type { Caller, Log } from '@steading/kit';
import { GraphQLError } from 'graphql';
import type { GraphEvent } from '#src/graph/graph-events.ts';

export interface GraphEndpointAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty where the answer is a stream of events. */
  readonly body: string;
  /** Whoever is given them reads them, and aborts the request's signal when they are done with them. */
  readonly events?: AsyncIterable<GraphEvent>;
  /** The forest revision that the request led to, if it changed anything: the session's next check must be no older. */
  readonly revision?: number;
}

/** An answer as it leaves: catalogue errors only, each with the request's id, none with a stack or a cause. */
export function shownErrors(answer: GraphAnswer, caller: Caller, log: Log): GraphAnswer {
  if (answer.errors.length === 0) return answer;
  const errors = answer.errors.map((error) => {
    const { message, extensions } = toGraphError(error, { caller }, log);
    return new GraphQLError(caller.kind === 'anonymous' ? withoutSuggestion(message) : message, {
      path: error.path ?? null,
      extensions: { requestId: caller.requestId, ...extensions },
    });
  });
  return { ...answer, errors };
}

/** graphql-js names what is like a wrong name; whoever may not read the schema is not told of it. */
function withoutSuggestion(message: string): string {
  return message.replace(/ ?Did you mean [^?]*\?/g, '');
}

export interface AnswerParts extends GraphAnswer {
  readonly status: number;
  /** JSON text for `extensions`. */
  readonly extensions?: string | undefined;
  readonly revisions: readonly number[];
}

/** The JSON of an answer that may be seen. */
export function textOf({
  data,
  errors,
  extensions,
}: GraphAnswer & { readonly extensions?: string | undefined }): string {
  const fields = [
    ...(data === undefined ? [] : [`"data":${data}`]),
    ...(errors.length > 0 ? [`"errors":${JSON.stringify(errors)}`] : []),
    ...(extensions === undefined ? [] : [`"extensions":${extensions}`]),
  ];
  return `{${fields.join(',')}}`;
}

/** An answer as GraphQL over HTTP has it. */
export function answerText(parts: AnswerParts, accepts: string): GraphEndpointAnswer {
  const { status, revisions } = parts;
  const type = accepts.includes('application/graphql-response+json') ? 'graphql-response+json' : 'json';
  return {
    status,
    headers: {
      'content-type': `application/${type}; charset=utf-8`,
      'cache-control': 'no-store',
      ...(status === 429 && { 'retry-after': '1' }),
    },
    body: textOf(parts),
    ...(revisions.length > 0 ? { revision: Math.max(...revisions) } : {}),
  };
}
