import type { CombinedError } from '@urql/core';

/** What went wrong, as a person can read it: the catalogue's sentence and the id that the operator's log knows. */
export interface Problem {
  message: string;
  code: string | undefined;
  status: number | undefined;
  requestId: string | undefined;
  /** True when the house could not be reached at all. */
  offline: boolean;
}

/** Reads the catalogue's fields out of a GraphQL error. */
export function readProblem(error: CombinedError): Problem {
  const first = error.graphQLErrors[0];
  const extensions = (first?.extensions ?? {}) as Record<string, unknown>;
  const answered = error.response as Response | undefined;
  return {
    message: first?.message ?? error.networkError?.message ?? error.message,
    code: text(extensions.code),
    status: typeof extensions.status === 'number' ? extensions.status : answered?.status,
    requestId: text(extensions.requestId) ?? answered?.headers?.get?.('x-request-id') ?? undefined,
    offline: !first && !answered,
  };
}

/** A problem told by one of the REST routes, as `{ error: { code, message, requestId } }`. */
export class RestProblem extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Any thrown value as a problem. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof RestProblem) return thrown.problem;
  if (typeof thrown === 'object' && thrown !== null && 'graphQLErrors' in thrown)
    return readProblem(thrown as CombinedError);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { message, code: undefined, status: undefined, requestId: undefined, offline: false };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
