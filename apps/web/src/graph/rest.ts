import { RestProblem } from '#src/graph/problem.ts';

interface RestError {
  error?: { code?: string; message?: string; requestId?: string };
}

/** Calls one of the house's own REST routes; throws `RestProblem` with the catalogue's sentence. */
export async function rest<Answer>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(path, {
    method,
    credentials: 'same-origin',
    headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  }).catch((cause: unknown) => {
    throw problem('', undefined, undefined, cause);
  });
  const answer = (await response.json().catch(() => ({}))) as RestError & Answer;
  if (!response.ok) throw problem(answer.error?.message ?? response.statusText, response, answer.error);
  return answer;
}

function problem(message: string, response?: Response, error?: RestError['error'], _cause?: unknown): RestProblem {
  return new RestProblem({
    message,
    code: error?.code,
    status: response?.status,
    requestId: error?.requestId ?? response?.headers.get('x-request-id') ?? undefined,
    offline: !response,
  });
}
