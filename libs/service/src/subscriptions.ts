/**
 * Subscriptions on a subgraph of another process, over its internal door: a line of JSON for each answer, and a last
 * line that says how it ended. A stream that stops without that line was cut off. A slow reader slows the source: no more
 * is made ahead of it than the buffers of one HTTP/2 stream hold.
 */
import { type GraphContext, toGraphError } from '@steading/graph';
import { kitErrors, type Log } from '@steading/kit';
import { type ExecutionResult, GraphQLError } from 'graphql';

interface WireError {
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** `end: null`: the source came to its end. */
type Line = { readonly next: ExecutionResult } | { readonly end: WireError | null };

/** Longest answer to one event. */
const maxLineChars = 16 << 20;

export interface AnswerOptions {
  /** Opens it; aborting the signal ends it. */
  open(signal: AbortSignal): Promise<AsyncIterable<ExecutionResult>>;
  /** Aborted when the asker goes away. */
  readonly signal: AbortSignal;
  /** Aborted when this process stops. */
  readonly stopping: AbortSignal;
  readonly caller: GraphContext['caller'];
  readonly log: Log;
}

/** The answering side. A refusal has its own status; what happens later is in the stream. */
export async function answerSubscription(options: AnswerOptions): Promise<Response> {
  const { caller, log, stopping } = options;
  const left = new AbortController();
  const signal = AbortSignal.any([options.signal, stopping, left.signal]);
  const told = (error: unknown): WireError => {
    const { message, extensions } = toGraphError(error, { caller }, log);
    return { message, extensions };
  };
  try {
    const items = (await options.open(signal))[Symbol.asyncIterator]();
    const next = async (): Promise<Line> => {
      try {
        const item = await items.next();
        if (!item.done) return { next: item.value };
        return { end: stopping.aborted ? told(kitErrors('unavailable', { what: 'The service' })) : null };
      } catch (error) {
        return { end: told(error) };
      }
    };
    const leave = (): void => {
      left.abort();
      items.return?.().catch(() => {});
    };
    const body = linesBody({ next, leave, stopping });
    return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } });
  } catch (error) {
    const refusal = told(error);
    return Response.json({ refusal }, { status: Number(refusal.extensions.status) });
  }
}

interface BodyOptions {
  next(): Promise<Line>;
  leave(): void;
  readonly stopping: AbortSignal;
}

function linesBody({ next, leave, stopping }: BodyOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let making = false;
  let cut = (): void => {};
  return new ReadableStream(
    {
      start(controller) {
        cut = () => {
          // A reader that takes nothing would hold up the stop: it is cut off without the last line.
          if (making) return;
          leave();
          controller.error(new Error('this process stops'));
        };
        stopping.addEventListener('abort', cut, { once: true });
      },
      async pull(controller) {
        making = true;
        const line = await next();
        making = false;
        controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
        if (!('end' in line)) return;
        stopping.removeEventListener('abort', cut);
        controller.close();
      },
      cancel() {
        stopping.removeEventListener('abort', cut);
        leave();
      },
    },
    { highWaterMark: 0 },
  );
}

export interface AskOptions {
  readonly service: string;
  /** Aborted when nobody wants it any more. */
  readonly signal: AbortSignal;
  /** Sends the request, under a signal of its own: a stream that its reader leaves must end on the other side too. */
  send(signal: AbortSignal): Promise<Response>;
}

/** The asking side: rejects with the refusal. */
export async function askSubscription({ service, signal, send }: AskOptions): Promise<AsyncIterable<ExecutionResult>> {
  const left = new AbortController();
  const answer = await send(AbortSignal.any([signal, left.signal]));
  if (answer.ok && answer.body) return readAnswers(answer.body, service, { signal, left });
  const text = await answer.text();
  const { refusal } = JSON.parse(text.startsWith('{') ? text : '{}') as { refusal?: WireError };
  throw refusal ? restored(refusal) : kitErrors('unavailable', { what: service }, new Error(text));
}

async function* readAnswers(
  body: ReadableStream<Uint8Array>,
  service: string,
  { signal, left }: { readonly signal: AbortSignal; readonly left: AbortController },
): AsyncGenerator<ExecutionResult> {
  try {
    for await (const text of linesOf(body)) {
      const line = JSON.parse(text) as Line;
      if ('next' in line) yield line.next;
      else if (line.end) throw restored(line.end);
      else return;
    }
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof GraphQLError ? error : kitErrors('unavailable', { what: service }, error);
  } finally {
    left.abort();
  }
  if (!signal.aborted) throw kitErrors('unavailable', { what: service }, new Error('the stream was cut off'));
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let begun = '';
  for await (const chunk of body) {
    const lines = decoder.decode(chunk, { stream: true }).split('\n');
    lines[0] = begun + lines[0]!;
    begun = lines.pop()!;
    if (begun.length > maxLineChars) throw new Error(`an answer is longer than ${maxLineChars} characters`);
    yield* lines;
  }
}

function restored({ message, extensions }: WireError): GraphQLError {
  return new GraphQLError(message, { extensions: { ...extensions } });
}
