/** Reads subscriptions over server-sent events ("GraphQL over SSE", distinct connections), and comes again when cut off. */
import { createParser } from 'eventsource-parser';
import { Failure } from '#src/failure.ts';

export interface Problem {
  readonly message: string;
  readonly code?: string;
  readonly status?: number;
  readonly requestId?: string;
}

export interface SubscribeOptions {
  /** Asks the house; rejects with an `unreachable` Failure where it cannot be reached. */
  send(body: string, signal: AbortSignal): Promise<Response>;
  readonly query: string;
  /** Asked at each beginning: where the reader is now, so that there is no gap after a dropped connection. */
  readonly variables: () => Record<string, unknown>;
  /** Ends it in peace. */
  readonly signal?: AbortSignal;
}

const pauseMs = 250;
/** Beginnings without an answer, after which it is given up: half a minute, enough for a house to restart. */
const maxSilent = 120;

/** The data of each answer, until the subscription is complete; throws a Failure where it is refused. */
export async function* readSubscription<T>(options: SubscribeOptions): AsyncGenerator<T> {
  const left = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, left.signal]) : left.signal;
  let last: Failure | undefined;
  let wasHeard = false;
  try {
    for (let silent = 0; silent < maxSilent && !signal.aborted; silent++) {
      try {
        for await (const data of readOnce<T>(options, signal)) {
          wasHeard = true;
          silent = 0;
          if (data === complete) return;
          yield data;
        }
      } catch (error) {
        if (signal.aborted) return;
        // Somebody who was never let in is told at once; somebody who was comes again.
        if (!(error instanceof Failure) || !(error instanceof CutOff || (wasHeard && error.code === 'unreachable')))
          throw error;
        last = error;
      }
      await pause(signal);
    }
  } finally {
    left.abort();
  }
  if (!signal.aborted)
    throw last ?? new Failure('The connection was cut off again and again. Try later.', 'unreachable');
}

const complete = Symbol('complete');

/** What coming again may mend. */
class CutOff extends Failure {}

async function* readOnce<T>(options: SubscribeOptions, signal: AbortSignal): AsyncGenerator<T | typeof complete> {
  const { send, query, variables } = options;
  const answer = await send(JSON.stringify({ query, variables: variables() }), signal);
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) throw await refusalOf(answer);
  for await (const { event, data } of readEvents(answer)) {
    if (event === 'complete') yield complete;
    if (event !== 'next') continue;
    const told = JSON.parse(data) as {
      data?: T;
      errors?: { message: string; extensions?: Omit<Problem, 'message'> }[];
    };
    const [first] = told.errors ?? [];
    if (first) throw failureOfAnswer({ message: first.message, ...first.extensions });
    yield told.data as T;
  }
}

async function refusalOf(answer: Response): Promise<Failure> {
  const body = (await readJson(answer)) as {
    error?: Problem;
    errors?: { message: string; extensions?: Omit<Problem, 'message'> }[];
  };
  const [first] = body.errors ?? [];
  const problem = body.error ?? (first && { message: first.message, ...first.extensions });
  return failureOfAnswer(problem ?? { message: `The house answered ${answer.status}.`, status: answer.status });
}

function failureOfAnswer(problem: Problem): Failure {
  const failure = failureOf(problem);
  const again = (problem.status ?? 0) >= 500 || problem.code === 'too-slow' || problem.code === 'too-many-requests';
  return again ? new CutOff(failure.message, 'failed', failure.code) : failure;
}

async function* readEvents(answer: Response): AsyncGenerator<{ event: string; data: string }> {
  const waiting: { event: string; data: string }[] = [];
  const parser = createParser({ onEvent: ({ event = 'message', data }) => waiting.push({ event, data }) });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of answer.body ?? []) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      yield* waiting.splice(0);
    }
  } catch (error) {
    throw new CutOff(`The connection was cut off: ${(error as Error).message}`, 'unreachable');
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, pauseMs);
    signal.addEventListener('abort', done, { once: true });
  });
}

export async function readJson(answer: Response): Promise<unknown> {
  const text = await answer.text();
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw new Failure(`The answer (${answer.status}) is not from a Steading house. Check the address.`, 'unreachable');
  }
}

export function failureOf(problem: Problem): Failure {
  const code = problem.code ?? 'failed';
  const text =
    problem.requestId && (problem.status ?? 0) >= 500
      ? `${problem.message} (request ${problem.requestId})`
      : problem.message;
  if (code === 'unauthenticated') return new Failure(`${text} Run: steading login`, 'notSignedIn', code);
  if (code === 'forbidden' || code === 'not-found') return new Failure(text, 'refused', code);
  return new Failure(text, 'failed', code);
}
