import { createParser } from 'eventsource-parser';
import { type Account, readAccount } from '#src/account.ts';
import { Failure } from '#src/failure.ts';

/** A house, asked over HTTP like everybody asks it. */
export interface Api {
  readonly url: string;
  graph<T>(query: string, variables?: Record<string, unknown>): Promise<T>;
  /** One REST call; JSON in and out unless a body is given. */
  rest<T>(
    method: 'GET' | 'POST',
    path: string,
    sent?: { json?: unknown; body?: Blob | string; headers?: Record<string, string> },
  ): Promise<T>;
  /** Server-sent events; goes on after a dropped connection, from the last id it saw, without a gap. */
  events(path: string, signal?: AbortSignal): AsyncGenerator<{ id: string; event: string; data: string }>;
}

interface Problem {
  readonly message: string;
  readonly code?: string;
  readonly status?: number;
  readonly requestId?: string;
}

export function createApi(account: Account | { url: string; token?: string } = readAccount()): Api {
  const { url, token } = account;
  const headers = { ...(token && { authorization: `Bearer ${token}` }), 'user-agent': 'steading-cli' };

  async function send(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`${url}${path}`, {
        ...init,
        headers: { ...headers, ...(init.headers as Record<string, string>) },
      });
    } catch (error) {
      const cause = (error as Error & { cause?: Error }).cause;
      if ((error as Error).name === 'AbortError') throw error;
      throw new Failure(
        `${url} cannot be reached (${cause?.message ?? (error as Error).message}). Is the house up, and is the address right?`,
        'unreachable',
      );
    }
  }

  return {
    url,
    async graph<T>(query: string, variables: Record<string, unknown> = {}) {
      const answer = await send('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(60_000),
      });
      const body = (await readJson(answer)) as {
        data?: T;
        errors?: { message: string; extensions?: Omit<Problem, 'message'> }[];
        error?: Problem;
      };
      if (body.error) throw failureOf(body.error);
      const first = body.errors?.[0];
      if (first) throw failureOf({ message: first.message, ...first.extensions });
      return body.data as T;
    },
    async rest<T>(
      method: 'GET' | 'POST',
      path: string,
      sent: { json?: unknown; body?: Blob | string; headers?: Record<string, string> } = {},
    ) {
      const json = sent.json === undefined ? undefined : JSON.stringify(sent.json);
      const body = json ?? sent.body;
      const answer = await send(path, {
        method,
        headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...sent.headers },
        ...(body !== undefined && { body }),
        signal: AbortSignal.timeout(600_000),
      });
      const read = (await readJson(answer)) as { error?: Problem };
      if (!answer.ok)
        throw failureOf(read.error ?? { message: `The house answered ${answer.status}.`, status: answer.status });
      return read as T;
    },
    async *events(path, signal) {
      let lastId = '';
      for (let silentTries = 0; silentTries < 10 && !signal?.aborted; silentTries++) {
        const answer = await send(path, {
          headers: { accept: 'text/event-stream', ...(lastId && { 'last-event-id': lastId }) },
          ...(signal && { signal }),
        });
        if (!answer.ok)
          throw failureOf(
            ((await readJson(answer)) as { error?: Problem }).error ?? {
              message: `The house answered ${answer.status}.`,
            },
          );
        for await (const event of parseEvents(answer)) {
          silentTries = 0;
          if (event.id) lastId = event.id;
          if (event.event === 'end') return;
          yield event;
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    },
  };
}

async function* parseEvents(answer: Response): AsyncGenerator<{ id: string; event: string; data: string }> {
  const waiting: { id: string; event: string; data: string }[] = [];
  const parser = createParser({
    onEvent: (event) => waiting.push({ id: event.id ?? '', event: event.event ?? 'message', data: event.data }),
  });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of answer.body ?? []) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      yield* waiting.splice(0);
    }
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    // A dropped connection: the caller asks again from the last id.
  }
}

async function readJson(answer: Response): Promise<unknown> {
  const text = await answer.text();
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw new Failure(`The answer (${answer.status}) is not from a Steading house. Check the address.`, 'unreachable');
  }
}

function failureOf(problem: Problem): Failure {
  const code = problem.code ?? 'failed';
  const text =
    problem.requestId && (problem.status ?? 0) >= 500
      ? `${problem.message} (request ${problem.requestId})`
      : problem.message;
  if (code === 'unauthenticated') return new Failure(`${text} Run: steading login`, 'notSignedIn', code);
  if (code === 'forbidden' || code === 'not-found') return new Failure(text, 'refused', code);
  return new Failure(text, 'failed', code);
}
