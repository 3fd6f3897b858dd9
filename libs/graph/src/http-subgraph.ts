/**
 * A subgraph somewhere else, asked over HTTP. It is not trusted: its answer is bounded in time, size and depth, and
 * only what an answer may hold is taken from it. A query is sent a second time where nothing was answered the first
 * time; a mutation never. After several failures in a row it is left alone for a while, so that a request that only
 * touches it is not held up by it.
 */
import { type AppError, type Clock, isAppError, kitErrors } from '@steading/kit';
import { type DocumentNode, type ExecutionResult, getOperationAST, print } from 'graphql';
import type { Dispatcher } from 'undici';
import type { SubgraphOperation } from '#src/plan-runner.ts';
import type { GraphContext } from '#src/subgraph.ts';
import { readSubgraphAnswer } from '#src/subgraph-answer.ts';

export interface HttpSubgraphOptions {
  /** As people know it; stands in errors. */
  readonly name: string;
  /** Keeps the connections. */
  readonly dispatcher: Dispatcher;
  /** `http://127.0.0.1:4001` and path, for this request; undefined: nobody is there to be asked. */
  readonly url: () => { readonly origin: string; readonly path: string } | undefined;
  /** What tells who asks; made for each request. */
  readonly headers: (context: GraphContext) => Promise<Readonly<Record<string, string>>> | Record<string, string>;
  readonly clock: Pick<Clock, 'now'>;
  /** Default 5 000, both tries together. */
  readonly timeoutMs?: number;
  /** Default 2 MiB. */
  readonly maxBytes?: number;
  /** Requests under way at once; default 32. */
  readonly maxAtOnce?: number;
  /** Failures in a row after which it is left alone; default 5. */
  readonly failuresToOpen?: number;
  /** For how long; default 10 000. */
  readonly openMs?: number;
}

export type HttpSubgraph = (operation: SubgraphOperation, context: GraphContext) => Promise<ExecutionResult>;

/** @returns a function that asks it; rejects with `unavailable`, `deadline-exceeded`, `too-large` or `cancelled`. */
export function createHttpSubgraph(options: HttpSubgraphOptions): HttpSubgraph {
  const { name, clock, timeoutMs = 5_000, maxAtOnce = 32, failuresToOpen = 5, openMs = 10_000 } = options;
  const texts = new WeakMap<DocumentNode, { readonly text: string; readonly isQuery: boolean }>();
  let atOnce = 0;
  let failures = 0;
  let openUntil = 0;

  function known({ document, operationName }: SubgraphOperation) {
    let found = texts.get(document);
    if (!found) {
      const isQuery = getOperationAST(document, operationName)?.operation === 'query';
      texts.set(document, (found = { text: print(document), isQuery }));
    }
    return found;
  }

  async function send(operation: SubgraphOperation, context: GraphContext): Promise<ExecutionResult> {
    const { text, isQuery } = known(operation);
    const { variables, operationName } = operation;
    const body = JSON.stringify({ query: text, variables, ...(operationName && { operationName }) });
    const headers = await options.headers(context);
    const late = AbortSignal.timeout(timeoutMs);
    const attempt: Attempt = { options, body, headers, signal: AbortSignal.any([context.signal, late]) };
    try {
      return await once(attempt).catch((error: unknown) => {
        if (!isQuery || !mayRepeat(error)) throw error;
        return once(attempt);
      });
    } catch (error) {
      if (context.signal.aborted) throw kitErrors('cancelled', {}, error);
      if (late.aborted) throw kitErrors('deadline-exceeded', { seconds: timeoutMs / 1000 }, error);
      throw isAppError(error) ? error : kitErrors('unavailable', { what: name }, error);
    }
  }

  return async (operation, context) => {
    // One request looks whether it is back; the others do not wait for it.
    if (openUntil > clock.now()) throw kitErrors('unavailable', { what: name });
    // Nobody is asked, and so nobody fails: whoever comes up is asked at once.
    if (!options.url()) throw kitErrors('unavailable', { what: name });
    if (failures >= failuresToOpen) openUntil = clock.now() + openMs;
    if (atOnce >= maxAtOnce) throw kitErrors('unavailable', { what: name }, new Error('too many requests at once'));
    atOnce++;
    try {
      const result = await send(operation, context);
      failures = 0;
      openUntil = 0;
      return result;
    } catch (error) {
      if (!isAppError(error) || error.code !== 'cancelled') failures++;
      if (failures >= failuresToOpen) openUntil = clock.now() + openMs;
      throw error;
    } finally {
      atOnce--;
    }
  };
}

interface Attempt {
  readonly options: HttpSubgraphOptions;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

async function once({ options, body, headers, signal }: Attempt): Promise<ExecutionResult> {
  const { dispatcher, name, maxBytes = 2 * 1024 * 1024 } = options;
  const url = options.url();
  if (!url) throw kitErrors('unavailable', { what: name });
  const answer = await dispatcher.request({
    ...url,
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
    body,
    signal,
  });
  const { statusCode } = answer;
  if (statusCode === 502 || statusCode === 503 || statusCode === 504) {
    await answer.body.dump();
    throw new NotServed(`${name} answered ${statusCode}`);
  }
  const text = await readText(answer.body, maxBytes);
  // GraphQL over HTTP: errors may come with other statuses; redirects and pages are no answers.
  if (statusCode >= 300 && statusCode < 400) throw refused(name, `it answered ${statusCode}`);
  return readSubgraphAnswer(text, (problem) => refused(name, problem));
}

const refused = (name: string, problem: string): AppError =>
  kitErrors('unavailable', { what: name }, new Error(`its answer cannot be used: ${problem}`));

/** Nothing was done with the request. */
class NotServed extends Error {}

const connectCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_SOCKET', 'EPIPE']);

const mayRepeat = (error: unknown): boolean =>
  error instanceof NotServed || connectCodes.has((error as { code?: string }).code ?? '');

async function readText(body: AsyncIterable<Buffer> & { destroy(): void }, maxBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > maxBytes) {
      body.destroy();
      throw kitErrors('too-large', { limit: `${maxBytes} bytes` });
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
