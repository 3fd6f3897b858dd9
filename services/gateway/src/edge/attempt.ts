import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Clock } from '@steading/kit';
import type { Dispatcher } from 'undici';
import { answerHeaders } from '#src/edge/forward-headers.ts';

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
}

/**
 * Sends a request to one instance and its answer to the person, chunk by chunk both ways, each side waiting for the
 * other. Resolves when the answer is over or failed; whoever called decides what a failure means.
 */
export function attempt(options: AttemptOptions): Promise<Outcome> {
  return new Promise((resolve) => {
    const { incoming, outgoing, clock } = options;
    const seen = { sent: false, answered: false, timedOut: false };
    let controller: Dispatcher.DispatchController | undefined;
    let gone: Error | undefined;
    const giveUp = (reason: Error) => {
      gone = reason;
      controller?.abort(reason);
    };
    const left = () => {
      if (!outgoing.writableFinished) giveUp(new Error('the person went away'));
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
      resolve({ ...seen, ...(error && { error }) });
    };
    outgoing.once('close', left);

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started;
        seen.sent = true;
        if (gone) started.abort(gone);
      },
      onResponseStart(started, status, _headers, message) {
        if (status < 200 || gone) return;
        seen.answered = true;
        timer.cancel();
        const isEventStream = writeHead(options, started, status, message);
        options.onAnswer(isEventStream, () => {
          // A proper end: browsers open an event stream again by themselves, a cut would look like a failure.
          outgoing.end();
          giveUp(new Error('the instance goes'));
        });
      },
      onResponseData(started, chunk) {
        if (outgoing.destroyed || outgoing.writableEnded || outgoing.write(chunk)) return;
        started.pause();
        outgoing.once('drain', () => started.resume());
      },
      onResponseEnd(_started, trailers) {
        if (Object.keys(trailers).length > 0) outgoing.addTrailers(trailers as Record<string, string>);
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

/** Returns whether it is a stream of events. */
function writeHead(
  options: AttemptOptions,
  controller: Dispatcher.DispatchController,
  status: number,
  message: string | undefined,
): boolean {
  const { incoming, outgoing, extra } = options;
  const raw = (controller.rawHeaders as readonly (Buffer | string)[]).map((part) =>
    typeof part === 'string' ? part : part.toString('latin1'),
  );
  const headers = [...answerHeaders(raw), ...extra];
  const isHttp2 = incoming.httpVersionMajor >= 2;
  if (isHttp2) setEach(outgoing, headers);
  // Answered before all was sent: the rest of the body would be read as the next request.
  else if (!incoming.complete) headers.push('connection', 'close');
  if (isHttp2) outgoing.writeHead(status);
  else outgoing.writeHead(status, message ?? '', headers);
  outgoing.flushHeaders();
  const type = headers.findIndex((part, at) => at % 2 === 0 && part.toLowerCase() === 'content-type');
  return type >= 0 && headers[type + 1]!.startsWith('text/event-stream');
}

function setEach(outgoing: ServerResponse, headers: readonly string[]): void {
  for (let at = 0; at < headers.length; at += 2) outgoing.appendHeader(headers[at]!, headers[at + 1]!);
}

/** Reads away what is left of a body whose answer is complete, for a moment; then the connection ends. */
function letGo(incoming: IncomingMessage, outgoing: ServerResponse, clock: Clock): void {
  incoming.resume();
  const timer = clock.after(1_000, () => incoming.destroy());
  outgoing.once('close', () => timer.cancel());
}
