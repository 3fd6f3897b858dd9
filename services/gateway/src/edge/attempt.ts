import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Clock } from '@steading/kit';
import type { Dispatcher } from 'undici';
import { MalformedAnswer, readAnswerHead, readTrailers } from '#src/edge/answer-head.ts';
import { isGone } from '#src/front/exchanges.ts';

export interface AttemptOptions {
  readonly pool: Dispatcher;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly headers: string[];
  readonly body: Buffer | Readable | null;
  /** Until the first byte of the answer. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Added to the answer. */
  readonly extra: readonly string[];
  /** The head of an answer is on its way to the person; `close` ends it early, whole as far as it came. */
  onAnswer(isEventStream: boolean, close: () => void): void;
}

export interface Outcome {
  readonly error?: Error;
  readonly sent: boolean;
  readonly answered: boolean;
  readonly timedOut: boolean;
  /** The connection held, and what came is no answer. */
  readonly malformed: boolean;
}

/** Notes before an answer (1xx) that an app may send; an endless row of them is no answer. */
const maxNotes = 100;

/**
 * Sends a request to one instance and its answer to the person, chunk by chunk both ways, each side waiting for the
 * other. Resolves when the answer is over or failed; whoever called decides what a failure means.
 */
export function attempt(options: AttemptOptions): Promise<Outcome> {
  return new Promise((resolve) => {
    const { incoming, outgoing, clock } = options;
    const seen = { sent: false, answered: false, timedOut: false };
    let notes = 0;
    let controller: Dispatcher.DispatchController | undefined;
    let gone: Error | undefined;
    const giveUp = (reason: Error) => {
      gone = reason;
      controller?.abort(reason);
    };
    const left = () => {
      if (!outgoing.writableEnded) giveUp(new Error('the person went away'));
    };
    const timer = clock.after(options.timeoutMs, () => {
      if (seen.answered) return;
      seen.timedOut = true;
      giveUp(new Error('no answer in time'));
      // Not even a connection yet: there is nobody to abort.
      if (!controller) finish(gone);
    });
    const finish = (error?: Error) => {
      timer.cancel();
      outgoing.off('close', left);
      const malformed = error !== undefined && seen.sent && !isConnectionFailure(error);
      resolve({ ...seen, malformed, ...(error && { error }) });
    };
    outgoing.once('close', left);
    if (isGone(incoming, outgoing)) return finish(new Error('the person went away'));

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started;
        seen.sent = true;
        if (gone) started.abort(gone);
      },
      onResponseStart(started, status, _headers, message) {
        if (gone) return;
        if (status >= 100 && status < 200) {
          if (++notes > maxNotes) giveUp(new MalformedAnswer('notes without an answer'));
          return;
        }
        let isEventStream: boolean;
        try {
          isEventStream = writeHead(options, started, status, message);
        } catch (error) {
          return giveUp(error as Error);
        }
        seen.answered = true;
        timer.cancel();
        options.onAnswer(isEventStream, () => {
          // A proper end: browsers open an event stream again by themselves, a cut would look like a failure.
          outgoing.end();
          giveUp(new Error('the instance goes'));
        });
      },
      onResponseData(started, chunk) {
        if (gone || outgoing.destroyed || outgoing.writableEnded || outgoing.write(chunk)) return;
        started.pause();
        outgoing.once('drain', () => started.resume());
      },
      onResponseEnd(_started, trailers) {
        const passed = readTrailers(trailers);
        if (Object.keys(passed).length > 0) outgoing.addTrailers(passed);
        outgoing.end();
        if (!incoming.complete) letGo(incoming, outgoing, clock);
        finish();
      },
      onResponseError: (_started, error) => finish(error),
    };
    options.pool.dispatch(
      {
        path: incoming.url ?? '/',
        method: (incoming.method ?? 'GET') as Dispatcher.HttpMethod,
        headers: options.headers,
        body: options.body,
      },
      handler,
    );
  });
}

/**
 * Returns whether it is a stream of events.
 * @throws MalformedAnswer
 */
function writeHead(
  options: AttemptOptions,
  controller: Dispatcher.DispatchController,
  status: number,
  message: string | undefined,
): boolean {
  const { incoming, outgoing, extra } = options;
  const isHttp2 = incoming.httpVersionMajor >= 2;
  const rawHeaders = controller.rawHeaders as readonly (Buffer | string)[];
  const head = readAnswerHead({ status, message, rawHeaders, isHttp2 });
  const headers = [...head.headers, ...extra];
  if (isHttp2) {
    for (let at = 0; at < headers.length; at += 2) outgoing.appendHeader(headers[at]!, headers[at + 1]!);
    outgoing.writeHead(status);
  } else {
    // Answered before all was sent: the rest of the body would be read as the next request.
    if (!incoming.complete) headers.push('connection', 'close');
    // What came in one piece leaves in one: head, body and end of a short answer are one write.
    // (The socket, not the answer: Node writes the last chunk of a corked answer before the others.)
    const { socket } = outgoing;
    socket?.cork();
    process.nextTick(() => socket?.uncork());
    outgoing.writeHead(status, head.reason, headers);
  }
  outgoing.flushHeaders();
  return head.isEventStream;
}

/** What breaks between two machines, in the words of Node and of the client library; everything else is what was said. */
const connectionFailures = new Set(
  'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH UND_ERR_CONNECT_TIMEOUT UND_ERR_CLOSED UND_ERR_DESTROYED'.split(
    ' ',
  ),
);

function isConnectionFailure({ code = '', message }: NodeJS.ErrnoException): boolean {
  // The library has one code for a connection that ended and for one that it ended because of what came.
  if (code === 'UND_ERR_SOCKET') return !/^bad (response|upgrade)$/.test(message);
  return connectionFailures.has(code);
}

/** Reads away what is left of a body whose answer is complete, for a moment; then the connection ends. */
function letGo(incoming: IncomingMessage, outgoing: ServerResponse, clock: Clock): void {
  incoming.resume();
  const timer = clock.after(1_000, () => incoming.destroy());
  outgoing.once('close', () => timer.cancel());
}
